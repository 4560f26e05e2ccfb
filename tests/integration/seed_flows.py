"""The flows of seed_flows.mjs in Python with the websockets package. usage: seed_flows.py stream|render URL KEY [NEAR FAR]"""
import asyncio
import hashlib
import hmac
import json
import struct
import sys
import time

import websockets


async def until(socket, kind):
    """The payload of the next message of a type; others are passed over, frames are handed out for FRAME."""
    while True:
        data = await socket.recv()
        if isinstance(data, bytes):
            if kind == "FRAME":
                return data
            continue
        message = json.loads(data)
        if message["type"] == kind:
            return message.get("payload", message["data"])


async def stream(url, api_key):
    steps = []

    async def expect(socket, kind):
        payload = await until(socket, kind)
        steps.append(kind)
        return payload

    async with websockets.connect(url) as socket:
        say = lambda kind, **payload: socket.send(json.dumps({"type": kind, "payload": payload}))
        await say("init", protocol_version="1.0")
        assert (await expect(socket, "INIT"))["protocol_version"] == "1.0"
        timestamp = int(time.time() * 1000)
        signature = hmac.new(api_key.encode("utf-8"), str(timestamp).encode("utf-8"), hashlib.sha256).hexdigest()
        await say("auth", api_key=api_key, timestamp=timestamp, signature=signature)
        await expect(socket, "AUTH_SUCCESS")
        await say("subscribe", stream_type="stream_features", stream_id="features-123",
                  params={"update_interval_ms": 50})
        await expect(socket, "SUBSCRIBE_SUCCESS")
        first = await expect(socket, "FEATURE_UPDATE")
        await expect(socket, "HEARTBEAT")
        await say("pong")
        second = await expect(socket, "FEATURE_UPDATE")
        assert second["sequence"] > first["sequence"] and second["features"]["voxels"] > 0
        await say("unsubscribe", stream_id="features-123")
        await expect(socket, "UNSUBSCRIBE")
        await say("close")
        await socket.wait_closed()
        return steps + [f"CLOSED {socket.close_code}"]


async def render(url, api_key, near, far):
    lod = lambda frame: struct.unpack_from("<IBB", frame)[2]
    async with websockets.connect(url, extra_headers={"Authorization": f"Bearer {api_key}"}) as socket:
        await socket.send(json.dumps({"type": "REGISTER_CLIENT", "clientId": "seed", "viewport": json.loads(far)}))
        await until(socket, "REGISTERED")
        steps = ["REGISTERED", f"FRAME of LOD {lod(await until(socket, 'FRAME'))}"]
        await socket.send(json.dumps({"type": "UPDATE_VIEWPORT", "clientId": "seed", "viewport": json.loads(near)}))
        while lod(await until(socket, "FRAME")) != 0:
            pass
        return steps + ["FRAME of LOD 0", "CLOSED"]


flow, *arguments = sys.argv[1:]
print(json.dumps(asyncio.run(stream(*arguments) if flow == "stream" else render(*arguments))))
