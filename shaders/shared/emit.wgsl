// Writes to the planes of the output. Masks and materials are bytes that several threads put into one word, which is
// zero before.
fn emit_mask(index: u32, mask: u32) {
  atomicOr(&output[grid.out_masks + (index >> 2u)], mask << (8u * (index & 3u)));
}

fn emit_material(index: u32, material: u32) {
  if (material != 0u) {
    atomicOr(&output[grid.out_materials + (index >> 2u)], material << (8u * (index & 3u)));
  }
}

fn emit_color(index: u32, color: u32) {
  atomicStore(&output[grid.out_colors + index], color);
}
