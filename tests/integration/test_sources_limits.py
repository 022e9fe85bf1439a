"""Bombs: small files that claim to be huge are refused at once, in a process that may not use more than it should."""

import gzip
import json
import subprocess
import sys
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests import table_factories

ROOT = Path(__file__).parents[2]
CLAIMED = 100_000_000
SECONDS = 1
PEAK = 300 << 20
# Address space is reserved far beyond what is used; this stops a runaway, PEAK is what is asserted.
RUNAWAY = 4 << 30

INSPECT = """
import json, resource, sys, time
from pathlib import Path

resource.setrlimit(resource.RLIMIT_AS, (int(sys.argv[3]),) * 2)
resource.setrlimit(resource.RLIMIT_CPU, (20, 20))

from primum.integrations import sources
from tests import table_factories

columns = {"unit_id": "unit_id", "site": "site"}
declared = table_factories.evidence("inputs", columns=columns, source=sys.argv[2])
begun, said = time.process_time(), ""
try:
    sources.inspect(evidence=declared, base=Path(sys.argv[1]))
except sources.SourceRefused as refusal:
    said = str(refusal)
seconds = time.process_time() - begun
peak = next(int(line.split()[1]) for line in Path("/proc/self/status").read_text().splitlines() if "VmHWM" in line)
print(json.dumps({"said": said, "seconds": seconds, "peak": peak * 1024}))
"""


@pytest.fixture(scope="module")
def bombs(tmp_path_factory):
    folder = tmp_path_factory.mktemp("bombs")
    empty = pa.schema([("unit_id", pa.int32()), ("site", pa.string())])
    many = pa.table([pa.nulls(CLAIMED // 10, field.type) for field in empty], schema=empty)
    with pq.ParquetWriter(folder / "many-rows.parquet", empty) as writer:
        for _ in range(10):
            writer.write_table(many)
    pq.write_table(many, folder / "fewer-rows.parquet")
    block = gzip.compress(b"1,\n" * 1_000_000, 9)
    (folder / "many-rows.csv.gz").write_bytes(gzip.compress(b"unit_id,site\n") + block * (CLAIMED // 1_000_000))
    (folder / "one-row.csv.gz").write_bytes(gzip.compress(b'unit_id,site\n1,"' + b"x" * 200_000_000, 1))
    return folder


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("many-rows.parquet", "claims to unpack"),
        ("fewer-rows.parquet", "more than 200 for one"),
        ("many-rows.csv.gz", "unpacks"),
        ("one-row.csv.gz", "unpacks"),
    ],
)
def test_a_small_file_that_claims_to_be_huge_is_refused_at_once(bombs, name, words):
    command = [sys.executable, "-c", INSPECT, str(bombs), name, str(RUNAWAY)]

    ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=60)

    assert (bombs / name).stat().st_size < 1_400_000
    assert ended.returncode == 0, ended.stderr
    told = json.loads(ended.stdout)
    assert words in told["said"]
    assert told["seconds"] < SECONDS
    assert told["peak"] < PEAK


ABANDON = """
import sys
from pathlib import Path

from primum.integrations import sources
from tests import table_factories

declared = table_factories.trial()
digest = sources.inspect(evidence=declared, base=Path(sys.argv[1])).digest
batches = sources.coded_batches(evidence=declared, base=Path(sys.argv[1]), digest=digest, keys=("arm",))
print(len(next(batches)["arm"][0]) > 0)
"""


def test_a_program_that_stops_in_the_middle_of_a_table_still_ends(tmp_path):
    table_factories.write(tmp_path, table_factories.trial_rows(600_000))

    ended = subprocess.run(
        [sys.executable, "-c", ABANDON, str(tmp_path)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )

    assert (ended.returncode, ended.stdout) == (0, "True\n"), ended.stderr
