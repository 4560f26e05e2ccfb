"""A client for tetrahedral trees, written from src/protocol/README.md with tables of its own: it derives the tetrahedra
from their geometry, streams one world as ESVT, reads the world's voxels back over REST, and waits until what it was sent
is exactly the set of tetrahedra that overlap a voxel, each with the mean colour of those that it overlaps.

usage: foreign_tets.py WS_URL HTTP_URL WORLD VIEWPORT_JSON CODEC
Prints one line of JSON: what it got. Ends with an error if the two never agree.
"""

import asyncio
import json
import struct
import sys
import urllib.request
import zlib

import websockets

# Type of a tetrahedron: its axes from the greatest coordinate inside its cube to the least.
AXES = [(0, 2, 1), (0, 1, 2), (1, 0, 2), (1, 2, 0), (2, 1, 0), (2, 0, 1)]
READ_CELLS = 32


def centre(kind):
    """Centroid of a type in the unit cube, in quarters."""
    point = [0, 0, 0]
    for quarters, axis in zip((3, 2, 1), AXES[kind]):
        point[axis] = quarters
    return point


def type_at(point):
    return AXES.index(tuple(sorted(range(3), key=lambda axis: -point[axis])))


def bits(octant):
    return [octant >> axis & 1 for axis in range(3)]


# The eight (octant, type) in each type, in the order of their octants, then types.
CHILDREN = [
    [(octant, child) for octant in range(8) for child in range(6)
     if type_at([4 * bit + part for bit, part in zip(bits(octant), centre(child))]) == parent]
    for parent in range(6)
]
assert all(len(children) == 8 for children in CHILDREN)


def overlaps(kind, octant):
    """Whether a tetrahedron in a cube of side two overlaps the unit cube in that octant."""
    first, second, third = (bits(octant)[axis] for axis in AXES[kind])
    return first >= second >= third


def morton(code):
    return [sum((code >> (3 * bit + axis) & 1) << bit for bit in range(21)) for axis in range(3)]


def decode(frame):
    """Region key, LOD, and {(type, x, y, z of its cube in the world): RGBA} of a frame."""
    magic, form, lod, level, codec, region, version, size = struct.unpack_from("<IBBBBQII", frame)
    assert magic == 0x45535652 and form == 2 and codec in (1, 2) and len(frame) == 24 + size, frame[:24].hex()
    if size == 0:
        return region, lod, {}
    levels, planes = frame[24], frame[25]
    counts = struct.unpack_from("<%dI" % levels, frame, 28)
    body = frame[28 + 4 * levels:]
    body = zlib.decompress(body) if codec == 2 else body
    origin = [place << (levels - 2) for place in morton(region)]
    at, nodes = 1, [(kind, 0, 0, 0) for kind in range(6) if body[0] >> kind & 1]
    assert counts[0] == 1 and body[0] < 64
    for count in counts[1:-1]:
        masks, finer = body[at:at + count], []
        assert len(nodes) == count
        for (kind, *cube), mask in zip(nodes, masks):
            for index, (octant, child) in enumerate(CHILDREN[kind]):
                if mask >> index & 1:
                    finer.append((child, *(2 * place + bit for place, bit in zip(cube, bits(octant)))))
        at, nodes = at + count, finer
    assert len(nodes) == counts[-1]
    colors = body[at:at + 4 * len(nodes)]
    assert len(body) == at + 4 * len(nodes) + (len(nodes) if planes & 4 else 0)
    return region, lod, {
        (kind, *(low + place for low, place in zip(origin, cube))): bytes(colors[4 * i:4 * i + 4])
        for i, (kind, *cube) in enumerate(nodes)
    }


def read_voxels(http, world):
    """The world's voxels, {(x, y, z): RGBA}, read in small boxes."""
    def get(path):
        with urllib.request.urlopen(http + path) as answer:
            return json.load(answer)

    shown = get("api/worlds/" + world)
    cell, low = shown["cell_size"], shown["bounds"]["min"]
    box = shown["content_bounds"]
    first = [int((value - base) / cell) for value, base in zip(box["min"], low)]
    last = [round((value - base) / cell) for value, base in zip(box["max"], low)]
    voxels = {}
    for x in range(first[0], last[0], READ_CELLS):
        for y in range(first[1], last[1], READ_CELLS):
            for z in range(first[2], last[2], READ_CELLS):
                end = [min(place + READ_CELLS, most) for place, most in zip((x, y, z), last)]
                query = "api/worlds/%s/voxels?min=%d,%d,%d&max=%d,%d,%d" % (world, x, y, z, *end)
                for voxel in get(query)["voxels"]:
                    voxels[tuple(voxel["position"])] = bytes.fromhex((voxel["color"] + "ff")[1:9])
    return voxels


def tets_of(voxels):
    cubes = {}
    for cell, color in voxels.items():
        octant = sum((place & 1) << axis for axis, place in enumerate(cell))
        cubes.setdefault(tuple(place >> 1 for place in cell), {})[octant] = color
    tets = {}
    for cube, octants in cubes.items():
        for kind in range(6):
            colors = [color for octant, color in octants.items() if overlaps(kind, octant)]
            if colors:
                n = len(colors)
                tets[(kind, *cube)] = bytes((sum(channel) + n // 2) // n for channel in zip(*colors))
    return tets


async def main(url, http, world, viewport, codec):
    regions, frames = {}, 0
    async with websockets.connect(url, max_size=None) as socket:
        await socket.send(json.dumps({
            "type": "REGISTER_CLIENT", "clientId": "tets", "world": world, "kind": "esvt", "codecs": [codec],
            "viewport": viewport,
        }))
        registered = json.loads(await asyncio.wait_for(socket.recv(), 60))
        assert registered["type"] == "REGISTERED" and registered["data"]["kind"] == "esvt", registered
        voxels = await asyncio.to_thread(read_voxels, http, world)
        expected = tets_of(voxels)
        shown = {}
        while shown != expected:
            region, lod, tets = decode(await asyncio.wait_for(socket.recv(), 20))
            assert lod == 0
            frames += 1
            regions[region] = tets
            if sum(map(len, regions.values())) == len(expected):
                shown = {tet: color for tets in regions.values() for tet, color in tets.items()}
    print(json.dumps({"frames": frames, "regions": len(regions), "voxels": len(voxels), "tets": len(shown)}))


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], sys.argv[2], sys.argv[3], json.loads(sys.argv[4]), int(sys.argv[5])))
