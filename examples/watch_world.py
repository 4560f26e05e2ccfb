"""Prints the regions that come into view: watch_world.py [URL] [REGIONS] [API_KEY]"""
import asyncio, json, struct, sys, urllib.request
import websockets  # pip install websockets

URL, WANTED, KEY = (sys.argv[1:] + ["http://localhost:7090", "10", ""][len(sys.argv) - 1:])[:3]


def ticket():
    headers = {"authorization": "Bearer " + KEY, "content-type": "application/json"}
    request = urllib.request.Request(URL.rstrip("/") + "/api/tickets", b"{}", headers, method="POST")
    return json.load(urllib.request.urlopen(request))["ticket"]


async def main():
    eye, look_at, up = (dict(zip("xyz", p)) for p in [(1600, 1500, 1700), (512, 400, 512), (0, 1, 0)])
    viewport = {"eye": eye, "lookAt": look_at, "up": up, "fovY": 1.3, "aspectRatio": 1.5, "nearPlane": 1,
                "farPlane": 5000}
    protocols = ["voxcast", "voxcast.ticket." + ticket()] if KEY else None
    address = URL.rstrip("/").replace("http", "ws", 1) + "/ws/render"
    async with websockets.connect(address, subprotocols=protocols, max_size=2**24, close_timeout=1) as socket:
        await socket.send(json.dumps({"type": "REGISTER_CLIENT", "clientId": "python", "viewport": viewport}))
        regions = 0
        async for message in socket:
            if isinstance(message, str):
                print(json.loads(message)["type"], json.loads(message)["data"].get("world", ""))
                continue
            lod, morton, size = struct.unpack_from("<5xBxxQ4xI", message)
            print(f"region {morton} at level of detail {lod}: {size} bytes")
            regions += 1
            if regions == int(WANTED):
                break


try:
    asyncio.run(main())
except (Exception, KeyboardInterrupt) as error:
    sys.exit(f"{type(error).__name__}: {error}")
