/*
 * Many keyed digests at a time: see macs.h.
 *
 * A lane goes through its message in four stages: the first block, which
 * begins with the tag; the whole blocks behind it, taken from where they lie;
 * the end with its padding; and the outer hash.  A lane that is done takes the
 * next message, the longest ones first, so that the lanes end together.
 */

#include "crypto/macs.h"

#include <openssl/crypto.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "crypto/sha256_lanes.h"

#define BLOCK   64
#define WORTH   4 /* busy lanes below which one by one is as fast */
#define PAD_LEN 9 /* the bit and the length behind a message */

enum stage { STAGE_FIRST, STAGE_MIDDLE, STAGE_END, STAGE_OUTER, STAGE_IDLE };

struct lane {
	struct bk_mac_job *job;
	enum stage stage;
	const uint8_t *at; /* blocks of this stage that are left */
	size_t blocks;
	uint8_t edge[2 * BLOCK];
};

struct machine {
	const struct bk_mac_key *key;
	struct bk_mac_job **next; /* longest first */
	size_t left;
	size_t busy;
	struct bk_sha256_lanes states;
	struct lane lanes[BK_SHA256_LANES];
};

static void set_state(struct machine *machine, size_t lane,
		      const struct bk_sha256 *sha)
{
	uint32_t words[8];

	bk_sha256_words(sha, words);
	for (size_t i = 0; i < 8; i++)
		machine->states.words[i][lane] = words[i];
}

static void put_big_endian(uint8_t *to, uint64_t v, size_t bytes)
{
	for (size_t i = 0; i < bytes; i++)
		to[i] = (uint8_t)(v >> (8 * (bytes - 1 - i)));
}

static void read_state(const struct machine *machine, size_t lane,
		       uint8_t out[BK_SHA256_LEN])
{
	for (size_t i = 0; i < 8; i++)
		put_big_endian(out + i * 4, machine->states.words[i][lane], 4);
}

/* Pads the n bytes in the lane's edge, the last of a message of `len` bytes
 * behind the block of the key. */
static void pad(struct lane *lane, size_t n, uint64_t len)
{
	size_t blocks = n + PAD_LEN <= BLOCK ? 1 : 2;

	memset(lane->edge + n, 0, blocks * BLOCK - n);
	lane->edge[n] = 0x80;
	put_big_endian(lane->edge + blocks * BLOCK - 8, (BLOCK + len) * 8, 8);
	lane->at = lane->edge;
	lane->blocks = blocks;
}

/* The tagged message: its length, and how much of its bytes is in front of
 * the end. */
static void begin_end(struct lane *lane)
{
	struct bk_view bytes = lane->job->bytes;
	size_t len = bytes.len + 1, n = len % BLOCK;

	if (len < BLOCK) {
		lane->edge[0] = lane->job->tag;
		if (bytes.len)
			memcpy(lane->edge + 1, bytes.data, bytes.len);
	} else if (n) {
		memcpy(lane->edge, bytes.data + bytes.len - n, n);
	}
	lane->stage = STAGE_END;
	pad(lane, n, len);
}

static void begin_middle(struct lane *lane)
{
	struct bk_view bytes = lane->job->bytes;

	lane->stage = STAGE_MIDDLE;
	lane->at = bytes.data + BLOCK - 1;
	lane->blocks = (bytes.len + 1) / BLOCK - 1;
	if (!lane->blocks)
		begin_end(lane);
}

static void begin_message(struct machine *machine, size_t number)
{
	struct lane *lane = &machine->lanes[number];

	lane->job = *machine->next++;
	machine->left--;
	set_state(machine, number, &machine->key->inner);
	if (lane->job->bytes.len + 1 < BLOCK) {
		begin_end(lane);
		return;
	}
	lane->stage = STAGE_FIRST;
	lane->edge[0] = lane->job->tag;
	memcpy(lane->edge + 1, lane->job->bytes.data, BLOCK - 1);
	lane->at = lane->edge;
	lane->blocks = 1;
}

static void begin_outer(struct machine *machine, size_t number)
{
	struct lane *lane = &machine->lanes[number];

	read_state(machine, number, lane->edge);
	set_state(machine, number, &machine->key->outer);
	lane->stage = STAGE_OUTER;
	pad(lane, BK_SHA256_LEN, BK_SHA256_LEN);
}

/* A stage's blocks are taken: on to the next one, or the next message. */
static void next_stage(struct machine *machine, size_t number)
{
	struct lane *lane = &machine->lanes[number];

	switch (lane->stage) {
	case STAGE_FIRST:
		begin_middle(lane);
		break;
	case STAGE_MIDDLE:
		begin_end(lane);
		break;
	case STAGE_END:
		begin_outer(machine, number);
		break;
	case STAGE_OUTER:
		read_state(machine, number, lane->job->out);
		lane->stage = STAGE_IDLE;
		machine->busy--;
		if (machine->left) {
			begin_message(machine, number);
			machine->busy++;
		}
		break;
	case STAGE_IDLE:
		break;
	}
}

static bool is_busy(const struct lane *lane)
{
	return lane->stage != STAGE_IDLE;
}

/* As many blocks as every busy lane has.  An idle one goes along on the bytes
 * of a busy one. */
static void step(struct machine *machine)
{
	const uint8_t *from[BK_SHA256_LANES], *any = NULL;
	size_t blocks = SIZE_MAX;

	for (size_t i = 0; i < BK_SHA256_LANES; i++) {
		const struct lane *lane = &machine->lanes[i];
		if (is_busy(lane) && lane->blocks < blocks) {
			blocks = lane->blocks;
			any = lane->at;
		}
	}
	for (size_t i = 0; i < BK_SHA256_LANES; i++) {
		const struct lane *lane = &machine->lanes[i];
		/* The fewest blocks are `any`'s: all can take as many. */
		from[i] = is_busy(lane) ? lane->at : any;
	}
	bk_sha256_lanes_take(&machine->states, from, blocks);
	for (size_t i = 0; i < BK_SHA256_LANES; i++) {
		struct lane *lane = &machine->lanes[i];
		if (!is_busy(lane))
			continue;
		lane->at += blocks * BLOCK;
		lane->blocks -= blocks;
		if (!lane->blocks)
			next_stage(machine, i);
	}
}

/* One that is far from its end goes there alone. */
static void finish_alone(struct machine *machine, size_t number)
{
	struct lane *lane = &machine->lanes[number];
	struct bk_mac mac;

	if (lane->stage != STAGE_MIDDLE)
		return;
	const struct bk_view bytes = lane->job->bytes;
	size_t taken = (size_t)(lane->at - bytes.data);
	uint32_t words[8];
	for (size_t i = 0; i < 8; i++)
		words[i] = machine->states.words[i][number];
	bk_mac_init(&mac, machine->key);
	bk_sha256_resume(&mac.sha, words, BLOCK + 1 + taken);
	bk_mac_update(&mac, lane->at, bytes.len - taken);
	bk_mac_final(&mac, lane->job->out);
	lane->stage = STAGE_IDLE;
	machine->busy--;
}

static void take_all(struct machine *machine)
{
	for (size_t i = 0; i < BK_SHA256_LANES && machine->left; i++) {
		begin_message(machine, i);
		machine->busy++;
	}
	while (machine->busy) {
		for (size_t i = 0; machine->busy < WORTH && i < BK_SHA256_LANES;
		     i++)
			finish_alone(machine, i);
		if (machine->busy)
			step(machine);
	}
	OPENSSL_cleanse(&machine->states, sizeof(machine->states));
}

static int longest_first(const void *a, const void *b)
{
	size_t x = (*(struct bk_mac_job *const *)a)->bytes.len;
	size_t y = (*(struct bk_mac_job *const *)b)->bytes.len;

	return x > y ? -1 : x < y;
}

static void take_in_lanes(const struct bk_mac_key *key, struct bk_mac_job *jobs,
			  size_t n)
{
	struct machine machine = {.key = key, .left = n};
	struct bk_mac_job **order = bk_alloc(n * sizeof(struct bk_mac_job *));

	for (size_t i = 0; i < BK_SHA256_LANES; i++)
		machine.lanes[i].stage = STAGE_IDLE;
	for (size_t i = 0; i < n; i++)
		order[i] = &jobs[i];
	qsort(order, n, sizeof(struct bk_mac_job *), longest_first);
	machine.next = order;
	take_all(&machine);
	free(order);
}

bool bk_macs_gain(void)
{
	return bk_sha256_lanes_help();
}

void bk_macs_tagged(const struct bk_mac_key *key, struct bk_mac_job *jobs,
		    size_t n)
{
	if (n >= WORTH && bk_sha256_lanes_help()) {
		take_in_lanes(key, jobs, n);
		return;
	}
	for (size_t i = 0; i < n; i++)
		bk_mac_tagged(key, jobs[i].tag, jobs[i].bytes, jobs[i].out);
}
