"""Reads refinements and deltas by the tables of the README, sharing no code with the product.

Gets a JSON list of [full frame, frame that continues it] in hex, and prints what is held after each second one.
"""
import json, struct, sys, zlib


def children(keys, masks):
    return [key * 8 + slot for key, mask in zip(keys, masks, strict=True) for slot in range(8) if mask >> slot & 1]


class Planes:
    """Hands out the planes one after another and sees to it that nothing is left."""

    def __init__(self, body, codec):
        self.body, self.at = zlib.decompress(body) if codec == 2 else body, 0

    def take(self, size):
        taken = self.body[self.at:self.at + size]
        if len(taken) != size:
            raise ValueError("the planes are too short")
        self.at += size
        return taken

    def attributes(self, nodes, planes):
        colors = struct.unpack(f"<{nodes}I", self.take(4 * nodes))
        materials = self.take(nodes) if planes & 4 else bytes(nodes)
        if self.at != len(self.body):
            raise ValueError("bytes are left")
        return list(zip(colors, materials, strict=True))


def full(payload, codec):
    levels, planes = struct.unpack_from("<BB", payload)
    counts = struct.unpack_from(f"<{levels}I", payload, 4)
    body, keys = Planes(payload[4 + 4 * levels:], codec), [0]
    for count in counts[:-1]:
        keys = children(keys, body.take(count))
    return levels, list(zip(keys, body.attributes(counts[-1], planes), strict=True))


def refined(held, payload, codec):
    levels, planes, base_levels, zero = struct.unpack_from("<BBBB", payload)
    if zero or held["levels"] != base_levels:
        raise ValueError("another base")
    added = levels - base_levels
    counts = struct.unpack_from(f"<{added}I", payload, 4)
    body, keys = Planes(payload[4 + 4 * added:], codec), [key for key, _ in held["nodes"]]
    for count in counts:
        keys = children(keys, body.take(len(keys)))
        if len(keys) != count:
            raise ValueError("masks do not fit the counts")
    return levels, list(zip(keys, body.attributes(counts[-1], planes), strict=True))


def mixed(h, first, second, shift):
    h = (h ^ h >> 16) * first & 0xffffffff
    h = (h ^ h >> shift) * second & 0xffffffff
    return h ^ h >> 16


def hash_of(nodes):
    lo = hi = 0
    f = lambda h: mixed(h, 0x85ebca6b, 0xc2b2ae35, 13)
    g = lambda h: mixed(h, 0x7feb352d, 0x846ca68b, 15)
    for key, (color, material) in nodes:
        cell = key | material << 24
        lo += f(f(cell ^ 0x9e3779b9) ^ color)
        hi += g(g(cell ^ 0x85157af5) ^ color)
    return lo & 0xffffffff, hi & 0xffffffff


def changed(held, payload, codec):
    base, below, planes, zero = struct.unpack_from("<IBBH", payload)
    if zero or held["version"] != base or held["lod"] != 0 or below != min(3, held["levels"] - 1):
        raise ValueError("another base")
    counts = struct.unpack_from(f"<{below + 1}I", payload, 8)
    wanted = struct.unpack_from("<II", payload, 12 + 4 * below)
    body = Planes(payload[20 + 4 * below:], codec)
    bricks = list(struct.unpack(f"<{counts[0]}I", body.take(4 * counts[0])))
    keys = bricks
    for count in counts[1:]:
        keys = children(keys, body.take(len(keys)))
        if len(keys) != count:
            raise ValueError("masks do not fit the counts")
    given = zip(keys, body.attributes(counts[-1], planes), strict=True)
    named = set(bricks)
    kept = [node for node in held["nodes"] if node[0] >> 3 * below not in named]
    nodes = sorted([*kept, *given])
    if hash_of(nodes) != wanted:
        raise ValueError("another hash")
    return held["levels"], nodes


def apply(held, frame):
    magic, form, lod, level, codec, morton, version, size = struct.unpack_from("<IBBBBQII", frame)
    if magic != 0x45535652 or size != len(frame) - 24:
        raise ValueError("no frame")
    payload, flags, codec = frame[24:], codec & 0xf0, codec & 0x0f
    if flags == 0x10 and held["version"] != version:
        raise ValueError("another base")
    if flags == 0x10:
        levels, nodes = refined(held, payload, codec)
    elif flags == 0x20:
        levels, nodes = changed(held, payload, codec)
    else:
        levels, nodes = full(payload, codec)
    return {"version": version, "lod": lod, "levels": levels, "nodes": nodes}


results = []
for base, frame in json.load(sys.stdin):
    held = apply(apply(None, bytes.fromhex(base)), bytes.fromhex(frame))
    nodes = [[key, color, material] for key, (color, material) in held["nodes"]]
    results.append({"version": held["version"], "lod": held["lod"], "nodes": nodes})
print(json.dumps(results))
