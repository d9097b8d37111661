/* Whether packs are whole, read in several threads: see check_run.h. */

#include <stdlib.h>
#include <string.h>

#include "base/cancel.h"
#include "base/clock.h"
#include "base/pool.h"
#include "base/queue.h"
#include "job/check_run.h"
#include "repo/index.h"
#include "repo/pack_reader.h"

#define PPM         1000000u
#define AHEAD       16
#define SECONDS_DAY 86400

/*
 * Is it this day's turn?  Each pack has a point on a circle, and each day a
 * stretch of it, which goes on where the last one ended.
 */
static bool is_sampled(const struct bk_check_run *run,
		       const struct bk_table_row *row)
{
	uint64_t ppm = run->request->read_ppm;
	uint64_t day = (uint64_t)(bk_clock_now() / SECONDS_DAY);
	uint64_t point = (uint64_t)row->owner_ordinal * 2654435761u;

	for (size_t i = 0; i < BK_ID_LEN; i++)
		point = point * 31 + row->owner[i];
	return (point + day * (PPM - ppm)) % PPM < ppm;
}

static int check_pack(struct bk_check_run *run, struct bk_check_pack *pack,
		      struct bk_err *err)
{
	struct bk_pack_reader *reader = NULL;

	if (bk_pack_reader_open(&reader, run->request->repo, &pack->row, err) <
	    0)
		return -1;
	int rc = is_sampled(run, &pack->row) ? bk_pack_reader_prove(reader, err)
					     : 0;
	bk_pack_reader_close(reader);
	return rc;
}

static int work(void *context, unsigned worker, void *item, struct bk_err *err)
{
	struct bk_check_run *run = context;
	struct bk_check_pack *pack = item;
	struct bk_err why = {0};
	char name[BK_NAME_MAX];

	(void)worker;
	if (bk_cancelled(err) < 0)
		return -1;
	if (check_pack(run, pack, &why) == 0) {
		bk_progress_message(run->progress, 0, pack->row.file_len);
		return 0;
	}
	pack->bad = true;
	(void)bk_table_row_name(name, &pack->row);
	if (!strstr(why.text, name))
		(void)bk_context(&why, "%s", name);
	bk_check_finding(run, &why,
			 "put a good copy of this file back, or run: bk "
			 "backup --full");
	return 0;
}

int bk_check_packs(struct bk_check_run *run, struct bk_err *err)
{
	struct bk_queue *queue = bk_queue_new(AHEAD, 0);
	struct bk_pool *pool = NULL;
	int rc = bk_pool_start(&pool, run->request->threads, queue, work, run,
			       err);

	for (size_t i = 0; rc == 0 && i < run->n_packs; i++)
		rc = bk_queue_push(queue, &run->packs[i], 0, err);
	bk_queue_close(queue);
	if (pool && bk_pool_join(pool, err) < 0)
		rc = -1;
	bk_queue_free(queue, NULL);
	return rc;
}
