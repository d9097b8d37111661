/* Sets of many hosts, and who looks at all of them: see simsteps.h. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/bytes.h"
#include "base/clock.h"
#include "repo/prune.h"
#include "repo/signed_file.h"
#include "repo/table_file.h"
#include "scale/simmail.h"
#include "scale/simsteps.h"

#define FIRST_MS ((int64_t)1700000000000)

void scale_must(int rc, const struct scale *s)
{
	if (rc >= 0)
		return;
	(void)fprintf(stderr, "simscale: %s\n", s->err.text);
	exit(1);
}

uint64_t scale_chunks(const struct scale *s)
{
	return s->messages * SIM_CHUNKS_TENTH / 10;
}

void scale_set_id(uint8_t out[BK_ID_LEN], uint64_t n)
{
	uint8_t random[BK_ID_RANDOM_LEN] = {0};

	bk_setid_make(out, FIRST_MS + (int64_t)n * 60000, random);
}

void scale_add_part(struct bk_root *root, enum bk_part_type type,
		    const struct bk_file_sum *sum)
{
	struct bk_root_part *part = bk_root_add_part(root);

	part->type = (uint8_t)type;
	part->file_len = sum->file_len;
	memcpy(part->sha256, sum->sha256, sizeof(part->sha256));
}

/* The root of host `host`'s set, which saw one of each other host. */
void scale_put_root(struct scale *s, const uint8_t set[BK_ID_LEN],
		    uint64_t host, struct bk_root *root)
{
	struct bk_file_id id = {.type = BK_FILE_ROOT};
	struct bk_buf records = {0};
	struct bk_file_sum sum;
	char name[BK_NAME_MAX];

	root->kind = BK_SET_FULL;
	root->store_name = "mail";
	root->sequence = 1;
	root->start_ms = bk_setid_ms(set);
	root->end_ms = root->start_ms + 1;
	root->reader_major = BK_READER_MAJOR;
	root->tool = "simscale";
	bk_put_u64(s->repo.host, sim_bits(host));
	memcpy(root->host, s->repo.host, BK_ID_LEN);
	for (uint64_t i = 0; i < s->hosts; i++) {
		struct bk_root_seen *seen;
		if (i == host)
			continue;
		seen = bk_root_add_seen(root);
		memcpy(seen->host, s->repo.host, BK_ID_LEN);
		bk_put_u64(seen->host, sim_bits(i));
		seen->sequence = 1;
		scale_set_id(seen->set, 10 + i);
	}
	memcpy(id.set, set, sizeof(id.set));
	bk_root_encode(root, &records);
	scale_must(bk_signed_file_write(&s->repo, bk_name_root(name, set), &id,
					&records, &sum, &s->err),
		   s);
	bk_buf_clear(&records);
	bk_root_clear(root);
}

/* ---- sets ---- */

/* Roots of many hosts, each with a table that names no pack. */
void scale_write_roots(struct scale *s)
{
	struct bk_table table = {0};
	struct bk_file_sum sum;
	uint8_t set[BK_ID_LEN];

	for (uint64_t n = 0; n < s->sets; n++) {
		struct bk_root root = {0};
		scale_set_id(set, 10 + n);
		scale_must(bk_table_file_write(&s->repo, s->repo.target, set,
					       &table, &sum, &s->err),
			   s);
		for (enum bk_part_type type = BK_PART_INDEX;
		     type <= BK_PART_MANIFEST; type++)
			scale_add_part(&root, type,
				       s->index); /* nobody looks */
		scale_add_part(&root, BK_PART_TABLE, &sum);
		scale_put_root(s, set, n % s->hosts, &root);
	}
}

void scale_list_sets(struct scale *s)
{
	struct bk_set_info_list sets = {0};

	scale_must(bk_sets_list(&s->repo, &sets, &s->err), s);
	bk_set_info_list_clear(&sets);
}

void scale_look_round(struct scale *s)
{
	struct bk_prune_view view;

	scale_must(bk_prune_look(&view, &s->repo, bk_clock_now_ms(), &s->err),
		   s);
	scale_must(bk_prune_check(&view, NULL, false, &s->err), s);
	bool *goes = bk_alloc((view.infos.n + 1) * sizeof(*goes));
	struct bk_prune_tally tally = {0};
	memset(goes, true, view.infos.n / 2);
	bk_prune_preview(&view, goes, &tally);
	free(goes);
	bk_prune_view_clear(&view);
}
