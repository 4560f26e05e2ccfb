"""A client written from src/protocol/README.md alone, with Python's websockets: streams one world, decodes every
frame, and compares the voxels with those of a MagicaVoxel file that it reads by itself.

usage: foreign_client.py WS_URL VIEWPORT_JSON CODEC EXPECTED_NODES [FILE.vox]
Prints one line of JSON: what it got, and whether it equals the file.
"""

import asyncio
import functools
import hashlib
import json
import math
import struct
import sys
import zlib

import websockets


@functools.lru_cache(maxsize=None)
def morton_axis(code, axis):
    value = 0
    for bit in range(21):
        value |= ((code >> (3 * bit + axis)) & 1) << bit
    return value


def decode(frame):
    """The nodes of a frame as ((x, y, z) of the node at its LOD, RGBA bytes), in cells of that LOD."""
    magic, fmt, lod, level, codec, key, version, size = struct.unpack_from("<IBBBBQII", frame)
    assert magic == 0x45535652 and fmt == 1 and codec in (1, 2) and len(frame) == 24 + size, frame[:24].hex()
    if size == 0:
        return key, lod, version, []
    levels, planes = frame[24], frame[25]
    counts = struct.unpack_from("<%dI" % levels, frame, 28)
    body = frame[28 + 4 * levels:]
    body = zlib.decompress(body) if codec == 2 else body
    masks, at = [], 0
    for count in counts[:-1]:
        masks.append(body[at:at + count])
        at += count
    keys = [0]
    for plane in masks:
        keys = [k << 3 | slot for k, mask in zip(keys, plane) for slot in range(8) if mask >> slot & 1]
    assert len(keys) == counts[-1]
    colors = body[at:at + 4 * len(keys)]
    at += 4 * len(keys) + (len(keys) if planes & 4 else 0)
    assert at == len(body)
    side = levels - 1
    origin = [morton_axis(key, axis) << side for axis in range(3)]
    cells = [tuple(origin[axis] + morton_axis(k, axis) for axis in range(3)) for k in keys]
    return key, lod, version, [(cell, bytes(colors[4 * i:4 * i + 4])) for i, cell in enumerate(cells)]


def read_vox(path):
    """Voxels of a .vox file placed by its scene graph, turned to Y up: {(x, y, z): RGBA}."""
    data = open(path, "rb").read()
    sizes, models, palette, nodes = [], [], None, {}
    at = 8 + 12
    while at < len(data):
        kind, content = data[at:at + 4], struct.unpack_from("<I", data, at + 4)[0]
        body = data[at + 12:at + 12 + content]
        at += 12 + content
        if kind == b"SIZE":
            sizes.append(struct.unpack("<3i", body))
        elif kind == b"XYZI":
            models.append([tuple(body[i:i + 4]) for i in range(4, len(body), 4)])
        elif kind == b"RGBA":
            palette = [bytes(body[4 * i:4 * i + 4]) for i in range(256)]
        elif kind in (b"nTRN", b"nGRP", b"nSHP"):
            nodes[struct.unpack_from("<i", body)[0]] = (kind, body)
    voxels = {}

    def text_dict(body, pos):
        pairs, result = struct.unpack_from("<i", body, pos)[0], {}
        pos += 4
        for _ in range(pairs):
            texts = []
            for _ in range(2):
                length = struct.unpack_from("<i", body, pos)[0]
                texts.append(body[pos + 4:pos + 4 + length].decode())
                pos += 4 + length
            result[texts[0]] = texts[1]
        return result, pos

    def rotation(code):
        """Rows of the signed permutation that an _r byte stands for."""
        first, second = code & 3, code >> 2 & 3
        columns = (first, second, 3 - first - second)
        return [[(-1 if code >> (4 + row) & 1 else 1) if column == columns[row] else 0 for column in range(3)]
                for row in range(3)]

    def turn(matrix, vector):
        return [sum(m * v for m, v in zip(row, vector)) for row in matrix]

    def moved(steps, point):
        for matrix, move in reversed(steps):
            point = [a + b for a, b in zip(turn(matrix, point), move)]
        return point

    def place(model, steps):
        # Where the middle of the model's first cell goes, and what a cell further along each axis adds to that.
        corner = [0.5 - s // 2 for s in sizes[model]]
        ox, oy, oz = origin = moved(steps, corner)
        units = [moved(steps, [c + (i == axis) for i, c in enumerate(corner)]) for axis in range(3)]
        (ax, ay, az), (bx, by, bz), (cx, cy, cz) = ([u - o for u, o in zip(unit, origin)] for unit in units)
        for a, b, c, color in models[model]:
            x, y, z = ox + ax * a + bx * b + cx * c, oy + ay * a + by * b + cy * c, oz + az * a + bz * b + cz * c
            # Cells are named by their lowest corner; turning y into -z makes the upper corner the lower one.
            voxels[(math.floor(x), math.floor(z), math.floor(-y))] = palette[color - 1]

    def visit(node, steps):
        kind, body = nodes[node]
        _, pos = text_dict(body, 4)
        if kind == b"nTRN":
            child = struct.unpack_from("<i", body, pos)[0]
            frame, _ = text_dict(body, pos + 16)
            move = [int(v) for v in frame.get("_t", "0 0 0").split()]
            visit(child, steps + [(rotation(int(frame.get("_r", "4"))), move)])
        elif kind == b"nGRP":
            count = struct.unpack_from("<i", body, pos)[0]
            for i in range(count):
                visit(struct.unpack_from("<i", body, pos + 4 + 4 * i)[0], steps)
        else:
            count = struct.unpack_from("<i", body, pos)[0]
            assert count == 1
            place(struct.unpack_from("<i", body, pos + 4)[0], steps)

    if nodes:
        visit(0, [])
    else:
        for model in range(len(models)):
            place(model, [])
    return voxels


def fingerprint(voxels):
    """A hash of a set of voxels that does not depend on where it stands."""
    low = [min(cell[axis] for cell in voxels) for axis in range(3)]
    records = sorted(struct.pack("<3I", *(c - l for c, l in zip(cell, low))) + color for cell, color in voxels.items())
    return hashlib.sha256(b"".join(records)).hexdigest()


async def main(url, viewport, codec, expected, path):
    regions, frames, received = {}, 0, 0
    async with websockets.connect(url, max_size=None) as socket:
        await socket.send(json.dumps({
            "type": "REGISTER_CLIENT", "clientId": "python", "viewport": viewport, "codecs": [codec],
        }))
        registered = None
        while registered is None or sum(len(nodes) for _, nodes in regions.values()) < expected:
            message = await asyncio.wait_for(socket.recv(), 60)
            if isinstance(message, str):
                message = json.loads(message)
                assert message["type"] == "REGISTERED", message
                registered = message["data"]
                continue
            key, lod, version, nodes = decode(message)
            frames += 1
            received += len(message)
            regions[key] = (lod, nodes)
    voxels = {}
    for lod, nodes in regions.values():
        for cell, color in nodes:
            voxels[(lod, *cell)] = color
    lods = {}
    for lod, *_ in voxels:
        lods[lod] = lods.get(lod, 0) + 1
    result = {"frames": frames, "bytes": received, "regions": len(regions), "lods": lods, "world": registered["world"]}
    if path is not None:
        assert set(lods) == {0}, lods
        result["fingerprint"] = fingerprint({cell[1:]: color for cell, color in voxels.items()})
        result["file"] = fingerprint(read_vox(path))
    print(json.dumps(result))


if __name__ == "__main__":
    asyncio.run(main(
        sys.argv[1], json.loads(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4]),
        sys.argv[5] if len(sys.argv) > 5 else None,
    ))
