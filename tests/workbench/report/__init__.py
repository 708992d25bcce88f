"""Reports: blocks, drawings, files, and what stands in them."""
