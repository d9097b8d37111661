/* Little-endian integers in memory, a byte at a time: compilers make one load
 * of it, and no struct is ever cast onto bytes from outside. */

#ifndef BK_BASE_BYTES_H
#define BK_BASE_BYTES_H

#include <stdint.h>

static inline uint16_t bk_get_u16(const uint8_t *p)
{
	return (uint16_t)(p[0] | p[1] << 8);
}

static inline uint32_t bk_get_u32(const uint8_t *p)
{
	return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 |
	       (uint32_t)p[3] << 24;
}

static inline uint64_t bk_get_u64(const uint8_t *p)
{
	return (uint64_t)bk_get_u32(p) | (uint64_t)bk_get_u32(p + 4) << 32;
}

static inline void bk_put_u16(uint8_t *p, uint16_t v)
{
	p[0] = (uint8_t)v;
	p[1] = (uint8_t)(v >> 8);
}

static inline void bk_put_u32(uint8_t *p, uint32_t v)
{
	bk_put_u16(p, (uint16_t)v);
	bk_put_u16(p + 2, (uint16_t)(v >> 16));
}

static inline void bk_put_u64(uint8_t *p, uint64_t v)
{
	bk_put_u32(p, (uint32_t)v);
	bk_put_u32(p + 4, (uint32_t)(v >> 32));
}

static inline uint64_t bk_zigzag(int64_t v)
{
	return (uint64_t)v << 1 ^ (uint64_t)(v >> 63);
}

static inline int64_t bk_unzigzag(uint64_t v)
{
	return (int64_t)(v >> 1 ^ -(v & 1));
}

#endif
