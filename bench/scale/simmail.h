/*
 * Mail that nobody wrote: accounts, folders and messages by arithmetic, the
 * same in each run, with names, dates, digests and chunk ids as large as real
 * ones and as hard to compress.  No message has a body.
 */

#ifndef BK_BENCH_SIMMAIL_H
#define BK_BENCH_SIMMAIL_H

#include <stdbool.h>
#include <stdint.h>

#include "mail/message.h"
#include "mail/recipe.h"
#include "repo/known.h"

#define SIM_FOLDERS  4   /* to an account */
#define SIM_MESSAGES 250 /* to a folder */
#define SIM_PACK_CHUNKS                                                        \
	3400                /* that have a row in the index; 64 MiB of mail    \
			     */
#define SIM_CHUNKS_TENTH 16 /* of those, to ten messages */
#define SIM_NAME         64

/* Any 64 bits, of any number. */
uint64_t sim_bits(uint64_t n);

/* Chunk `n` of all that have a row. */
void sim_chunk_id(uint64_t n, uint8_t out[BK_CHUNK_ID_LEN]);
uint64_t sim_chunk_place(uint64_t n);

/* Message `n` of all; it lies in folder n / SIM_MESSAGES.  `name` is room for
 * its name. */
void sim_message(uint64_t n, char name[SIM_NAME], struct bk_message *out,
		 uint8_t digest[BK_DIGEST_LEN]);
/* Its trace, its skeleton, and a text that two of five share with another. */
void sim_recipe(uint64_t n, struct bk_recipe *out);

#endif
