// Samples of one region that one workgroup takes.
struct Span {
  region: u32,
  first: u32,
  count: u32,
  padding: u32,
}
