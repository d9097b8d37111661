/* CRC-32 as zlib computes it: finds damage without a key. */

#ifndef BK_BASE_CRC32_H
#define BK_BASE_CRC32_H

#include <stddef.h>
#include <stdint.h>

/* Of the bytes behind those whose CRC-32 is `before`; 0 to begin with. */
uint32_t bk_crc32(uint32_t before, const void *data, size_t len);

#endif
