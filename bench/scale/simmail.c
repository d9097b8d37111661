/* Mail that nobody wrote: see simmail.h. */

#include "scale/simmail.h"

#include <stdio.h>
#include <string.h>

#include "base/bytes.h"

#define FIRST_DATE ((int64_t)1500000000)

/* SplitMix64 of Steele, Lea and Flood. */
uint64_t sim_bits(uint64_t n)
{
	uint64_t z = (n + 1) * UINT64_C(0x9e3779b97f4a7c15);

	z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
	return z ^ (z >> 31);
}

void sim_chunk_id(uint64_t n, uint8_t out[BK_CHUNK_ID_LEN])
{
	bk_put_u64(out, sim_bits(2 * n));
	bk_put_u64(out + 8, sim_bits(2 * n + 1));
}

uint64_t sim_chunk_place(uint64_t n)
{
	return n / SIM_PACK_CHUNKS << 32 | n % SIM_PACK_CHUNKS;
}

void sim_message(uint64_t n, char name[SIM_NAME], struct bk_message *out,
		 uint8_t digest[BK_DIGEST_LEN])
{
	uint64_t bits = sim_bits(~n);
	int64_t date = FIRST_DATE + (int64_t)(n % SIM_MESSAGES) * 86400 +
		       (int64_t)(bits % 86400);
	uint64_t size = 2000 + bits % 8191 * (bits >> 60);

	(void)snprintf(name, SIM_NAME, "%jd.M%06uP%u.mx1,S=%ju,W=%ju",
		       (intmax_t)date, (unsigned)(bits >> 20) % 1000000,
		       (unsigned)(bits >> 40) % 65536, (uintmax_t)size,
		       (uintmax_t)(size + size / 40));
	*out = (struct bk_message){
		.name = name,
		.uid = (uint32_t)(n % SIM_MESSAGES + 1),
		.flags = bits % 5 ? BK_FLAG_SEEN : 0,
		.date = date,
		.size = size,
		.modseq = n % SIM_MESSAGES + 2,
	};
	bk_put_u64(digest, sim_bits(n ^ UINT64_C(0x5555555555555555)));
	bk_put_u64(digest + 8, bits);
}

static void add_ref(struct bk_recipe *out, uint64_t place)
{
	out->refs = bk_array_room(out->refs, out->n_refs, &out->cap_refs,
				  sizeof(*out->refs));
	out->refs[out->n_refs++] = place;
}

static void add_part(struct bk_recipe *out, uint64_t skip, uint64_t place)
{
	out->parts = bk_array_room(out->parts, out->n_parts, &out->cap_parts,
				   sizeof(*out->parts));
	out->parts[out->n_parts++] =
		(struct bk_part){.skip = skip, .n_refs = 1};
	add_ref(out, place);
}

void sim_recipe(uint64_t n, struct bk_recipe *out)
{
	uint64_t chunk = n * SIM_CHUNKS_TENTH / 10;
	uint64_t own = (n + 1) * SIM_CHUNKS_TENTH / 10 - chunk;
	uint64_t bits = sim_bits(n);

	bk_recipe_reset(out);
	out->n_trace = 1;
	out->n_skeleton = 1;
	/* Traces lie among the chunks of the pack, and have no row. */
	add_ref(out, sim_chunk_place(chunk) + SIM_PACK_CHUNKS);
	add_ref(out, sim_chunk_place(chunk));
	add_part(out, 300 + bits % 200,
		 sim_chunk_place(own > 1     ? chunk + 1
				 : chunk > 0 ? bits % chunk
					     : 0));
}
