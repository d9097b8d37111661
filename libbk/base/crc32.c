/* CRC-32 by ISA-L, which folds with carry-less multiplication: with zlib's own
 * it would cost more than the encryption. */

#include "base/crc32.h"

#include <isa-l/crc.h>

uint32_t bk_crc32(uint32_t before, const void *data, size_t len)
{
	return crc32_gzip_refl(before, data, len);
}
