import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from primum.ledger import merkle, verifier

# The eight entries and the roots over the first n of them that implementations of RFC 6962 and RFC 9162 share.
ENTRIES = [
    bytes.fromhex(text)
    for text in (
        "",
        "00",
        "10",
        "2021",
        "3031",
        "40414243",
        "5051525354555657",
        "606162636465666768696a6b6c6d6e6f",
    )
]
ROOTS = [
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]
LEAVES = [merkle.leaf_hash(entry) for entry in ENTRIES]

# (leaf, size, proof), counted from 0.
INCLUSIONS = [
    (0, 1, []),
    (
        0,
        8,
        [
            "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
            "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
            "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
        ],
    ),
    (
        5,
        8,
        [
            "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
            "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
            "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
        ],
    ),
    (2, 3, ["fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125"]),
    (
        1,
        5,
        [
            "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
            "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
            "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
        ],
    ),
]
CONSISTENCIES = [
    (1, 1, []),
    (
        1,
        8,
        [
            "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
            "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
            "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
        ],
    ),
    (
        6,
        8,
        [
            "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
            "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
            "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
        ],
    ),
    (
        2,
        5,
        [
            "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
            "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
        ],
    ),
]

leaves_of = st.integers(1, 70).map(lambda size: [merkle.leaf_hash(bytes([number])) for number in range(size)])


def plainly(leaves):
    """The definition of RFC 9162, 2.1.1, word for word."""
    if not leaves:
        return hashlib.sha256(b"").digest()
    if len(leaves) == 1:
        return leaves[0]
    half = 1
    while half * 2 < len(leaves):
        half *= 2
    return hashlib.sha256(b"\x01" + plainly(leaves[:half]) + plainly(leaves[half:])).digest()


@pytest.mark.parametrize("size", range(9))
def test_the_published_roots_are_reproduced(size):
    assert merkle.frontier(LEAVES[:size]).root.hex() == ROOTS[size]
    assert merkle.Tree.over(LEAVES).root(size).hex() == ROOTS[size]
    assert verifier.root_of(LEAVES[:size]).hex() == ROOTS[size]


@pytest.mark.parametrize(("position", "size", "proof"), INCLUSIONS)
def test_the_published_inclusion_proofs_are_reproduced(position, size, proof):
    assert [node.hex() for node in merkle.Tree.over(LEAVES).inclusion(position, size=size)] == proof


@pytest.mark.parametrize(("earlier", "size", "proof"), CONSISTENCIES)
def test_the_published_consistency_proofs_are_reproduced(earlier, size, proof):
    assert [node.hex() for node in merkle.Tree.over(LEAVES).consistency(earlier, size=size)] == proof


@given(leaves_of)
def test_every_way_to_the_root_gives_the_same(leaves):
    root = plainly(leaves)

    assert merkle.frontier(leaves).root == merkle.Tree.over(leaves).root() == verifier.root_of(leaves) == root


@given(leaves_of, st.data())
def test_an_inclusion_proof_proves_its_leaf_and_no_other(leaves, data):
    size = data.draw(st.integers(1, len(leaves)))
    position = data.draw(st.integers(0, size - 1))
    other = data.draw(st.integers(0, size - 1))
    tree = merkle.Tree.over(leaves)
    claim = {"position": position, "size": size, "proof": tree.inclusion(position, size=size), "root": tree.root(size)}

    for check in (merkle.includes, verifier.is_included):
        assert check(leaf=leaves[position], **claim)
        assert check(leaf=leaves[other], **claim) == (other == position)
        assert check(leaf=leaves[position], **claim | {"position": other}) == (other == position)


@given(leaves_of, st.data())
def test_a_consistency_proof_proves_what_came_first(leaves, data):
    size = data.draw(st.integers(1, len(leaves)))
    earlier = data.draw(st.integers(1, size))
    tree = merkle.Tree.over(leaves)
    claim = {"earlier": earlier, "size": size, "proof": tree.consistency(earlier, size=size), "root": tree.root(size)}

    assert merkle.consistent(earlier_root=tree.root(earlier), **claim)
    assert not merkle.consistent(earlier_root=merkle.leaf_hash(b"forged"), **claim)


@given(leaves_of, st.data())
def test_a_damaged_proof_proves_nothing(leaves, data):
    tree = merkle.Tree.over(leaves)
    position = data.draw(st.integers(0, len(leaves) - 1))
    proof = [*tree.inclusion(position)]
    longer = [*proof, merkle.leaf_hash(b"more")]
    claim = {"leaf": leaves[position], "position": position, "size": len(leaves), "root": tree.root()}

    assert not merkle.includes(proof=longer, **claim)
    assert not proof or not merkle.includes(proof=proof[:-1], **claim)
    assert not proof or not merkle.includes(proof=[merkle.leaf_hash(b"x"), *proof[1:]], **claim)


@given(leaves_of, st.data())
def test_a_damaged_consistency_proof_proves_nothing(leaves, data):
    tree = merkle.Tree.over(leaves)
    earlier = data.draw(st.integers(1, len(leaves)))
    proof = [*tree.consistency(earlier)]
    claim = {"earlier": earlier, "earlier_root": tree.root(earlier), "size": len(leaves), "root": tree.root()}

    assert not merkle.consistent(proof=[*proof, merkle.leaf_hash(b"more")], **claim)
    assert not proof or not merkle.consistent(proof=proof[:-1], **claim)
    assert not proof or not merkle.consistent(proof=[*proof[:-1], merkle.leaf_hash(b"x")], **claim)


@pytest.mark.parametrize(("position", "size"), [(-1, 3), (3, 3), (0, 9), (0, 0)])
def test_there_is_no_proof_for_a_leaf_that_is_not_there(position, size):
    with pytest.raises(IndexError, match="there is no leaf"):
        merkle.Tree.over(LEAVES).inclusion(position, size=size)
    assert not merkle.includes(leaf=LEAVES[0], position=3, size=3, proof=(), root=LEAVES[0])


@pytest.mark.parametrize(("earlier", "size"), [(0, 3), (4, 3), (1, 9)])
def test_sizes_that_are_not_there_cannot_be_compared(earlier, size):
    with pytest.raises(IndexError, match="cannot be compared"):
        merkle.Tree.over(LEAVES).consistency(earlier, size=size)
    assert not merkle.consistent(earlier=0, earlier_root=merkle.EMPTY, size=3, root=LEAVES[0], proof=())


def test_a_frontier_has_as_many_nodes_as_its_size_has_bits():
    with pytest.raises(ValueError, match="A frontier of 3 leaves has 2 nodes, not 1"):
        merkle.Frontier(size=3, nodes=(LEAVES[0],))
