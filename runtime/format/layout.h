/* SPDX-License-Identifier: Apache-2.0
 *
 * The bytes of a .dsce file around its sections. Read by the runtime, written by compiler/engine.
 * All integers are little-endian. The file is usable from a read-only map:
 *
 *   dsc_file_header
 *   dsc_section[section_count]      at header_bytes
 *   sections                        each at a multiple of 64 (weights and code: of 4096), in the
 *                                   order of the table, with less than 4096 zero bytes between them;
 *                                   the file ends with the last
 *
 * header_digest covers the header (with header_digest = 0) and the section table.
 */
#ifndef DSC_FORMAT_LAYOUT_H
#define DSC_FORMAT_LAYOUT_H

#include <stdint.h>

#define DSC_MAGIC "DSCENG\r\n" /* 8 bytes; the line end catches text-mode damage */
#define DSC_FORMAT_MAJOR 1u
#define DSC_FORMAT_MINOR 1u
#define DSC_MAX_SECTIONS 4096u
#define DSC_WEIGHT_CHUNK ((uint64_t)16 << 20) /* bytes of weights under one digest */

typedef struct dsc_file_header {
  char magic[8];
  uint32_t major;          /* another major version is refused */
  uint32_t minor;          /* a newer minor version loads when the manifest requires nothing unknown */
  uint64_t file_bytes;     /* must equal the size of the file */
  uint32_t header_bytes;   /* sizeof(dsc_file_header) */
  uint32_t section_count;
  uint64_t header_digest;  /* XXH3-64 */
} dsc_file_header;

typedef enum dsc_section_kind {
  DSC_SECTION_MANIFEST = 1,       /* FlatBuffer, engine.fbs */
  DSC_SECTION_WEIGHTS = 2,        /* packed tensors; digest field unused (0), see WEIGHT_DIGESTS */
  DSC_SECTION_WEIGHT_DIGESTS = 3, /* uint64_t XXH3-64 of each DSC_WEIGHT_CHUNK of the weights section */
  DSC_SECTION_CODE = 4,           /* CPU: ELF shared object; CUDA: table of images; tag names the instruction set */
  DSC_SECTION_SOURCE = 5          /* optional: generated source for the curious; CUDA: table of images, tag "cuda" */
} dsc_section_kind;

/* The sections CODE and SOURCE of a CUDA engine begin with one of these for each kernel of the manifest, in its order.
 * Kernels of equal source have equal images. Text (PTX, source) ends with a zero byte, which `bytes` counts. */
typedef struct dsc_image {
  uint64_t offset; /* from the section's start, behind the table; a multiple of 16 */
  uint64_t bytes;  /* at least 1 */
} dsc_image;

typedef struct dsc_section {
  uint32_t kind;     /* unknown kinds are ignored */
  uint32_t reserved; /* 0 */
  char tag[32];      /* NUL-padded; CODE: "x86-64-v3", "x86-64-v4", "x86-64-v4+avx512bf16"; CUDA: "sm_90a", ... for cubins,
                        "compute_80" for PTX */
  uint64_t offset;
  uint64_t bytes;
  uint64_t digest;   /* XXH3-64 of the section's bytes; WEIGHTS: 0 */
} dsc_section;

#endif
