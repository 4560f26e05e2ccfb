// Tables of the tetree, four bits an entry, the first in the lowest bits; a test compares them with those of src/tree.
const CHILD_INDEX = array<u32, 6>(0x74414110u, 0x74525210u, 0x75614320u, 0x76425130u, 0x75536220u, 0x76636330u);
const PARENT_TYPE = array<u32, 8>(0x543210u, 0x001110u, 0x333222u, 0x122211u, 0x544455u, 0x555000u, 0x443334u, 0x543210u);
const TYPE_OF_CHILD = array<u32, 6>(0x02105400u, 0x15103211u, 0x24322102u, 0x33215433u, 0x45404324u, 0x55435105u);
const OCTANT_OF_CHILD = array<u32, 6>(0x75551110u, 0x73331110u, 0x73332220u, 0x76662220u, 0x76664440u, 0x75554440u);
const OCTANTS_OF_TYPE = array<u32, 6>(0xa3u, 0x8bu, 0x8du, 0xc5u, 0xd1u, 0xb1u);

struct Tet {
  cube: u32,
  tet_type: u32,
}

// Key of the tetrahedron of this type in the cube with this Morton code of `levels` digits.
fn tet_key(cube: u32, tet_type: u32, levels: u32) -> u32 {
  var key = 0u;
  var ancestor = tet_type;
  for (var level = 0u; level < levels; level++) {
    let octant = (cube >> (3u * level)) & 7u;
    key |= ((CHILD_INDEX[ancestor] >> (4u * octant)) & 7u) << (3u * level);
    ancestor = (PARENT_TYPE[octant] >> (4u * ancestor)) & 7u;
  }
  return key | (ancestor << (3u * levels));
}

fn tet_of_key(key: u32, levels: u32) -> Tet {
  var tet = Tet(0u, key >> (3u * levels));
  for (var level = levels; level > 0u; level--) {
    let child = (key >> (3u * (level - 1u))) & 7u;
    tet.cube = (tet.cube << 3u) | ((OCTANT_OF_CHILD[tet.tet_type] >> (4u * child)) & 7u);
    tet.tet_type = (TYPE_OF_CHILD[tet.tet_type] >> (4u * child)) & 7u;
  }
  return tet;
}
