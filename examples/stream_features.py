"""Prints a world's numbers as they change: stream_features.py [URL] [UPDATES] [API_KEY]"""
import asyncio, hashlib, hmac, json, sys, time
import websockets  # pip install websockets

URL, WANTED, KEY = (sys.argv[1:] + ["http://localhost:7090", "10", ""][len(sys.argv) - 1:])[:3]


async def main():
    address = URL.rstrip("/").replace("http", "ws", 1) + "/ws/stream_features"
    async with websockets.connect(address) as socket:

        async def ask(kind, **payload):
            await socket.send(json.dumps({"type": kind, "payload": payload}))
            answer = json.loads(await socket.recv())
            if answer["type"] in ("ERROR", "AUTH_FAILED", "SUBSCRIBE_FAILED"):
                sys.exit(f"{answer['payload']['code']}: {answer['payload']['message']}")
            print(answer["type"])

        await ask("INIT", protocol_version="1.0")
        if KEY:
            now = int(time.time() * 1000)
            signature = hmac.new(KEY.encode(), str(now).encode(), hashlib.sha256).hexdigest()
            await ask("AUTH", api_key=KEY, timestamp=now, signature=signature)
        await ask("SUBSCRIBE", stream_type="stream_features", stream_id="numbers",
                  params={"update_interval_ms": 100})
        updates = 0
        while updates < int(WANTED):
            message = json.loads(await socket.recv())
            if message["type"] == "HEARTBEAT":
                await socket.send(json.dumps({"type": "PONG"}))
            elif message["type"] == "FEATURE_UPDATE":
                updates += 1
                print(message["payload"]["sequence"], json.dumps(message["payload"]["features"]))
        await socket.send(json.dumps({"type": "UNSUBSCRIBE", "payload": {"stream_id": "numbers"}}))
        while json.loads(await socket.recv())["type"] != "UNSUBSCRIBE":
            pass
        await socket.send(json.dumps({"type": "CLOSE"}))
        await socket.wait_closed()
        print("closed with", socket.close_code)


try:
    asyncio.run(main())
except (Exception, KeyboardInterrupt) as error:
    sys.exit(f"{type(error).__name__}: {error}")
