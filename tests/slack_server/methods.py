"""The methods of Slack's Web API that the product uses: fields in, the JSON answer out."""

import json
import time
from typing import Any

from tests.slack_server.limits import fault_in_blocks, fault_in_view
from tests.slack_server.world import APP, BOT, BOT_ID, TEAM, Message, Upload, World

Fields = dict[str, Any]


def refused(error: str, **more: Any) -> Fields:
    return {"ok": False, "error": error, **more}


def auth_test(world: World, fields: Fields) -> Fields:
    return {"ok": True, "team": "Clinic", "team_id": TEAM, "user": "primum", "user_id": BOT, "bot_id": BOT_ID}


def post_message(world: World, fields: Fields) -> Fields:
    target = fields.get("channel", "")
    channel = world.direct_channel(target) if target in world.people else target
    fault = _cannot_post(world, channel) or _fault_in_message(fields, world)
    if fault:
        return refused(fault)
    thread = fields.get("thread_ts")
    if thread and world.message(channel, thread) is None:
        return refused("thread_not_found")
    known = world.knows_again(channel, fields.get("client_msg_id"))
    if known:
        return {"ok": True, "channel": channel, "ts": known.ts, "message": {"ts": known.ts, "type": "message"}}
    message = Message(
        channel=channel,
        ts=world.ts(),
        text=fields.get("text", ""),
        blocks=_json(fields.get("blocks")) or [],
        thread_ts=thread,
        metadata=_json(fields.get("metadata")),
        unfurl_links=fields.get("unfurl_links") not in (False, "0", 0),
        key=fields.get("client_msg_id"),
    )
    world.posted.append(message)
    world.last_post[channel] = time.monotonic()
    told = {"ts": message.ts, "text": message.text, "blocks": message.blocks, "bot_id": BOT_ID, "type": "message"}
    return {"ok": True, "channel": channel, "ts": message.ts, "message": told}


def update_message(world: World, fields: Fields) -> Fields:
    message = world.message(fields.get("channel", ""), fields.get("ts", ""))
    if message is None:
        return refused("message_not_found")
    fault = _fault_in_message(fields, world)
    if fault:
        return refused(fault)
    message.versions.append({"text": message.text, "blocks": message.blocks})
    message.text = fields.get("text", "")
    # As Slack does: a text without blocks takes the blocks away.
    message.blocks = _json(fields.get("blocks")) or []
    return {"ok": True, "channel": message.channel, "ts": message.ts, "text": message.text}


def post_ephemeral(world: World, fields: Fields) -> Fields:
    if fields.get("user") not in world.people:
        return refused("user_not_in_channel")
    fault = _cannot_post(world, fields.get("channel", "")) or _fault_in_message(fields, world)
    if fault:
        return refused(fault)
    world.ephemerals.append(fields)
    return {"ok": True, "message_ts": world.ts()}


def open_conversation(world: World, fields: Fields) -> Fields:
    person = world.people.get(fields.get("users", ""))
    if person is None:
        return refused("user_not_found")
    if person.deleted:
        return refused("user_disabled")
    return {"ok": True, "channel": {"id": world.direct_channel(person.user)}}


def conversation(world: World, fields: Fields) -> Fields:
    channel = world.channels.get(fields.get("channel", ""))
    return refused("channel_not_found") if channel is None else {"ok": True, "channel": channel.told()}


def user(world: World, fields: Fields) -> Fields:
    person = world.people.get(fields.get("user", ""))
    return refused("user_not_found") if person is None else {"ok": True, "user": person.told()}


def open_view(world: World, fields: Fields) -> Fields:
    fault = world.spend(fields.get("trigger_id", ""))
    body = _json(fields.get("view"))
    fault = fault or fault_in_view(body, kinds=("modal",))
    if fault:
        return refused(fault)
    who = world.presser.get(fields["trigger_id"], "")
    shown = world.shown(body, user=who)
    world.views.append(shown)
    return {"ok": True, "view": _told(shown)}


def update_view(world: World, fields: Fields) -> Fields:
    shown = world.view(fields.get("view_id", ""))
    if shown is None or not shown.is_open:
        return refused("not_found")
    if fields.get("hash") and fields["hash"] != shown.hash:
        return refused("hash_conflict")
    body = _json(fields.get("view"))
    fault = fault_in_view(body, kinds=("modal",))
    if fault:
        return refused(fault)
    shown.body, shown.hash = body, world.view_hash()
    return {"ok": True, "view": _told(shown)}


def publish_view(world: World, fields: Fields) -> Fields:
    who = fields.get("user_id", "")
    if who not in world.people:
        return refused("user_not_found")
    body = _json(fields.get("view"))
    fault = fault_in_view(body, kinds=("home",))
    if fault:
        return refused(fault)
    world.homes[who] = world.shown(body, user=who)
    return {"ok": True, "view": _told(world.homes[who])}


def validate_blocks(world: World, fields: Fields) -> Fields:
    message, view = _json(fields.get("message")), _json(fields.get("view"))
    blocks = _json(fields.get("blocks")) or (message or {}).get("blocks") or []
    fault = fault_in_view(view, kinds=("modal", "home")) if view else fault_in_blocks(blocks, most=50)
    if fault:
        return refused("invalid_blocks", errors=[{"pointer": "/blocks", "code": fault, "message": fault}])
    return {"ok": True}


def upload_url(world: World, fields: Fields) -> Fields:
    length = str(fields.get("length", ""))
    if not fields.get("filename") or not length.isdecimal() or int(length) == 0:
        return refused("invalid_arguments")
    file = Upload(
        id=f"F{world.number():08d}",
        filename=fields["filename"],
        alt_text=fields.get("alt_txt", ""),
        length=int(length),
    )
    world.uploads[file.id] = file
    return {"ok": True, "upload_url": f"{world.address}/upload/v1/{file.id}", "file_id": file.id}


def complete_upload(world: World, fields: Fields) -> Fields:
    files = [world.uploads.get(one["id"]) for one in _json(fields.get("files"))]
    if any(file is None or len(file.content) != file.length for file in files):
        return refused("file_not_found")
    for file in files:
        file.is_complete, file.channel = True, fields.get("channel_id")
    return {"ok": True, "files": [{"id": file.id, "title": file.filename} for file in files]}


METHODS = {
    "auth.test": auth_test,
    "blocks.validate": validate_blocks,
    "chat.postEphemeral": post_ephemeral,
    "chat.postMessage": post_message,
    "chat.update": update_message,
    "conversations.info": conversation,
    "conversations.open": open_conversation,
    "files.completeUploadExternal": complete_upload,
    "files.getUploadURLExternal": upload_url,
    "users.info": user,
    "views.open": open_view,
    "views.publish": publish_view,
    "views.update": update_view,
}


def _told(shown: Any) -> Fields:
    return {**shown.body, "id": shown.id, "hash": shown.hash, "team_id": TEAM, "app_id": APP, "bot_id": BOT_ID}


def _json(found: Any) -> Any:
    return json.loads(found) if isinstance(found, str) and found else found


def _cannot_post(world: World, channel: str) -> str | None:
    if channel.startswith("D"):
        return None if channel in {world.direct_channel(user) for user in world.people} else "channel_not_found"
    known = world.channels.get(channel)
    if known is None:
        return "channel_not_found"
    if known.is_archived:
        return "is_archived"
    return None if known.is_member else "not_in_channel"


def _fault_in_message(fields: Fields, world: World) -> str | None:
    blocks = _json(fields.get("blocks")) or []
    if not fields.get("text") and not blocks:
        return "no_text"
    if len(fields.get("text", "")) > 40_000:
        return "msg_too_long"
    fault = fault_in_blocks(blocks, most=50)
    unknown = [
        block
        for block in blocks
        if "slack_file" in block and not getattr(world.uploads.get(block["slack_file"]["id"]), "is_complete", False)
    ]
    return "invalid_blocks" if fault or unknown else None
