/* Whose turn it is: see check_sample.h. */

#include "job/check_sample.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/file.h"
#include "base/parse.h"
#include "job/backup_state.h"

#define PPM      1000000u
#define FILE_MAX ((size_t)64 << 20)
#define DAMAGED  0

/* Runs count from here: what is due since run 0 always is. */
#define FIRST_RUN ((uint64_t)PPM + 1)

/* ---- what is remembered ---- */

static int by_key(const void *a, const void *b)
{
	const struct bk_sample_key *x = a, *y = b;
	int order = memcmp(x->owner, y->owner, BK_ID_LEN);

	if (order)
		return order;
	return (x->ordinal > y->ordinal) - (x->ordinal < y->ordinal);
}

static int known_by_key(const void *a, const void *b)
{
	const struct bk_sample_known *x = a, *y = b;

	return by_key(&x->key, &y->key);
}

/* "OWNER ORDINAL LAST", or "run N"; any other line is passed over. */
static void read_line(struct bk_check_sample *sample, char *line)
{
	struct bk_sample_known known = {0};
	struct bk_err ignored = {0};
	uint64_t ordinal;
	char *rest = NULL;
	const char *first = strtok_r(line, " ", &rest);
	const char *second = strtok_r(NULL, " ", &rest);
	const char *third = strtok_r(NULL, " ", &rest);

	if (!second)
		return;
	if (strcmp(first, "run") == 0) {
		(void)bk_parse_number(second, UINT32_MAX, &sample->run,
				      &ignored);
		return;
	}
	if (!third || !bk_id_parse(first, known.key.owner) ||
	    bk_parse_number(second, UINT32_MAX, &ordinal, &ignored) < 0 ||
	    bk_parse_number(third, UINT32_MAX, &known.last, &ignored) < 0)
		return;
	known.key.ordinal = (uint32_t)ordinal;
	sample->known = bk_array_room(sample->known, sample->n, &sample->cap,
				      sizeof(*sample->known));
	sample->known[sample->n++] = known;
}

static void read_file(struct bk_check_sample *sample)
{
	struct bk_buf bytes = {0};
	struct bk_err why = {0};
	char *rest = NULL;

	if (bk_file_read(AT_FDCWD, sample->path, FILE_MAX, &bytes, &why) == 0) {
		bk_buf_add_u8(&bytes, 0);
		for (char *line = strtok_r((char *)bytes.data, "\n", &rest);
		     line; line = strtok_r(NULL, "\n", &rest))
			read_line(sample, line);
	}
	bk_buf_clear(&bytes);
}

void bk_check_sample_load(struct bk_check_sample *out, const char *state_dir,
			  const char *where, const uint8_t repo[BK_ID_LEN])
{
	char name[BK_STATE_NAME];

	*out = (struct bk_check_sample){0};
	out->path = bk_asprintf("%s/check-%s", state_dir,
				bk_backup_state_name(name, where, repo));
	read_file(out);
	if (out->run < FIRST_RUN - 1 || out->run >= UINT32_MAX - 1) {
		out->run = FIRST_RUN - 1;
		out->n = 0;
	}
	out->run++;
	for (size_t i = 0; i < out->n; i++)
		if (out->known[i].last >= out->run)
			out->known[i].last = DAMAGED; /* it cannot be */
	if (out->n)
		qsort(out->known, out->n, sizeof(*out->known), known_by_key);
}

void bk_check_sample_clear(struct bk_check_sample *sample)
{
	free(sample->path);
	free(sample->known);
	*sample = (struct bk_check_sample){0};
}

/* ---- choosing ---- */

static uint64_t last_of(const struct bk_check_sample *sample,
			const struct bk_sample_key *key)
{
	const struct bk_sample_known wanted = {.key = *key};
	const struct bk_sample_known *known = NULL;

	if (sample->n)
		known = bsearch(&wanted, sample->known, sample->n,
				sizeof(*known), known_by_key);
	if (known)
		return known->last;
	return sample->run ? sample->run - 1 : FIRST_RUN - 1;
}

/* An item on its way into the order in which they come to be read. */
struct place {
	struct bk_sample_item *item;
	size_t rank; /* among those that were read in the same run */
};

static int by_turn(const void *a, const void *b)
{
	const struct place *x = a, *y = b;

	if (x->item->last != y->item->last)
		return x->item->last < y->item->last ? -1 : 1;
	return (x->rank > y->rank) - (x->rank < y->rank);
}

static struct place *in_turn(struct bk_sample_item *items, size_t n,
			     size_t first)
{
	struct place *order = bk_alloc(n * sizeof(*order));

	for (size_t i = 0; i < n; i++)
		order[i] = (struct place){&items[i], (i + n - first) % n};
	qsort(order, n, sizeof(*order), by_turn);
	return order;
}

/* So many bytes are the share of all, rounded up. */
static uint64_t share_of(const struct bk_sample_item *items, size_t n,
			 uint32_t ppm)
{
	uint64_t all = 0;

	for (size_t i = 0; i < n; i++)
		all += items[i].size;
	return all / PPM * ppm + (all % PPM * ppm + PPM - 1) / PPM;
}

void bk_check_sample_choose(const struct bk_check_sample *sample,
			    struct bk_sample_item *items, size_t n,
			    uint32_t ppm, uint64_t turn)
{
	uint64_t run = sample->run ? sample->run : FIRST_RUN;
	uint64_t runs = (PPM + ppm - 1) / ppm; /* until all was read */
	uint64_t want = share_of(items, n, ppm), got = 0;

	if (!n)
		return;
	for (size_t i = 0; i < n; i++)
		items[i].last = last_of(sample, &items[i].key);
	struct place *order =
		in_turn(items, n, (size_t)(turn % PPM * ppm % PPM * n / PPM));
	for (size_t i = 0; i < n; i++) {
		struct bk_sample_item *item = order[i].item;
		bool damaged = item->last == DAMAGED;
		item->chosen =
			damaged || run - item->last >= runs || got < want;
		/* Looking at what is damaged does not cost others their turn.
		 */
		if (item->chosen && !damaged)
			got += item->size;
	}
	free(order);
}

/* ---- for the next run ---- */

int bk_check_sample_save(const struct bk_check_sample *sample,
			 const struct bk_sample_item *items, size_t n,
			 struct bk_err *err)
{
	struct bk_buf bytes = {0};
	char owner[BK_ID_TEXT];

	bk_buf_printf(&bytes, "run %" PRIu64 "\n", sample->run);
	for (size_t i = 0; i < n; i++) {
		const struct bk_sample_item *item = &items[i];
		uint64_t last = item->chosen ? sample->run : item->last;
		bk_buf_printf(&bytes, "%s %" PRIu32 " %" PRIu64 "\n",
			      bk_id_hex(owner, item->key.owner),
			      item->key.ordinal, item->bad ? DAMAGED : last);
	}
	int rc = bk_file_replace(AT_FDCWD, sample->path, bk_buf_view(&bytes),
				 0600, err);
	bk_buf_clear(&bytes);
	return rc;
}
