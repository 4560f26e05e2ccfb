"""Prints the regions that come into view: watch_world.py [URL] [REGIONS] [API_KEY]"""
import asyncio, base64, json, struct, sys, websockets  # pip install websockets

URL, WANTED, KEY = (sys.argv[1:] + ["http://localhost:7090", "10", ""][len(sys.argv) - 1:])[:3]
EYE, LOOK_AT, UP = (dict(zip("xyz", point)) for point in [(1600, 1500, 1700), (512, 400, 512), (0, 1, 0)])
LENS = {"fovY": 1.3, "aspectRatio": 1.5, "nearPlane": 1, "farPlane": 5000}


async def main():
    address = URL.rstrip("/").replace("http", "ws", 1) + "/ws/render"
    credential = "voxcast.key." + base64.urlsafe_b64encode(KEY.encode()).decode().rstrip("=")
    protocols = ["voxcast", credential] if KEY else None
    async with websockets.connect(address, subprotocols=protocols, max_size=2**24, close_timeout=1) as socket:
        viewport = {"eye": EYE, "lookAt": LOOK_AT, "up": UP, **LENS}
        await socket.send(json.dumps({"type": "REGISTER_CLIENT", "clientId": "python", "viewport": viewport}))
        regions = 0
        while regions < int(WANTED):
            message = await socket.recv()
            if isinstance(message, str):
                print(json.loads(message)["type"], json.loads(message)["data"].get("world", ""))
            else:
                lod, morton, size = struct.unpack_from("<5xBxxQ4xI", message)
                print(f"region {morton} at level of detail {lod}: {size} bytes")
                regions += 1


try:
    asyncio.run(main())
except (Exception, KeyboardInterrupt) as error:
    sys.exit(f"{type(error).__name__}: {error}")
