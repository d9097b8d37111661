/* What a standby host remembers: see standby_state.h. */

#include "job/standby_state.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/fields.h"
#include "base/file.h"
#include "crypto/digest.h"

#define STATE_MAX  ((size_t)1 << 30)
#define FIELDS     11
#define VERSION    "1"
#define FIRST_WORD "bk-standby"

/* ---- folders ---- */

static int compare(const struct bk_standby_folder *a, const char *account,
		   const char *name)
{
	int order = strcmp(a->account, account);

	return order ? order : strcmp(a->name, name);
}

static int by_name(const void *a, const void *b)
{
	const struct bk_standby_folder *y = b;

	return compare(a, y->account, y->name);
}

void bk_standby_state_sort(struct bk_standby_state *state)
{
	size_t n = 0;

	for (size_t i = 0; i < state->n; i++)
		if (!state->items[i].dropped)
			state->items[n++] = state->items[i];
	state->n = n;
	if (n)
		qsort(state->items, n, sizeof(*state->items), by_name);
}

struct bk_standby_folder *bk_standby_state_find(struct bk_standby_state *state,
						const char *account,
						const char *name)
{
	size_t low = 0, high = state->n;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		int order = compare(&state->items[middle], account, name);
		if (order == 0)
			return &state->items[middle];
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return NULL;
}

struct bk_standby_folder *bk_standby_state_first(struct bk_standby_state *state,
						 const char *account)
{
	size_t low = 0, high = state->n;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (strcmp(state->items[middle].account, account) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low < state->n && strcmp(state->items[low].account, account) == 0
		       ? &state->items[low]
		       : NULL;
}

struct bk_standby_folder *bk_standby_state_add(struct bk_standby_state *state,
					       const char *account,
					       const char *name)
{
	state->items = bk_array_room(state->items, state->n, &state->cap,
				     sizeof(*state->items));
	state->items[state->n++] = (struct bk_standby_folder){
		.account = bk_arena_strdup(&state->arena, account),
		.name = bk_arena_strdup(&state->arena, name),
	};
	return &state->items[state->n - 1];
}

uint64_t bk_standby_state_left(const struct bk_standby_state *state)
{
	uint64_t n = 0;

	for (size_t i = 0; i < state->n; i++)
		n += !state->items[i].exact && !state->items[i].gone;
	return n;
}

uint64_t bk_standby_state_strays(const struct bk_standby_state *state)
{
	uint64_t n = 0;

	for (size_t i = 0; i < state->n; i++)
		n += state->items[i].strays;
	return n;
}

/* ---- reading ---- */

static bool is_digits(const char *text, uint8_t out[16])
{
	return bk_id_parse(text, out);
}

static void read_folder(struct bk_standby_state *state,
			const char *const *fields)
{
	struct bk_standby_folder *folder =
		bk_standby_state_add(state, fields[1], fields[2]);

	folder->uid_validity = (uint32_t)strtoumax(fields[3], NULL, 10);
	folder->has_guid = is_digits(fields[4], folder->guid);
	/* A place that makes no sense is nobody's: the folder is looked at. */
	folder->exact = is_digits(fields[5], folder->place) &&
			is_digits(fields[6], folder->sum) &&
			is_digits(fields[9], folder->stamp) &&
			strcmp(fields[7], "exact") == 0;
	folder->had = folder->exact || strcmp(fields[7], "had") == 0;
	folder->strays = strtoumax(fields[8], NULL, 10);
}

/* Of the folder before it. */
static void read_more(struct bk_standby_state *state, const char *const *fields)
{
	if (!state->n)
		return;
	state->items[state->n - 1].gone = strcmp(fields[1], "gone") == 0;
	state->items[state->n - 1].given = strcmp(fields[2], "given") == 0;
}

static void read_set(struct bk_standby_state *state, const char *const *fields)
{
	state->has_set = bk_id_parse(fields[1], state->set);
	state->partly = strcmp(fields[2], "partly") == 0;
	state->applied = strtoimax(fields[3], NULL, 10);
	state->incomplete = strcmp(fields[4], "incomplete") == 0;
	state->sequence = strtoumax(fields[5], NULL, 10);
	state->messages = strtoumax(fields[6], NULL, 10);
	(void)bk_id_parse(fields[7], state->host);
	state->store = bk_arena_strdup(&state->arena, fields[8]);
}

static void read_line(struct bk_standby_state *state, struct bk_view line)
{
	const char *fields[FIELDS] = {0};
	struct bk_arena arena = {0};
	size_t n = bk_fields_split(&arena, line, fields, FIELDS);

	if (n == 10 && strcmp(fields[0], "folder") == 0)
		read_folder(state, fields);
	else if (n == 3 && strcmp(fields[0], "more") == 0)
		read_more(state, fields);
	else if (n == 9 && strcmp(fields[0], "set") == 0)
		read_set(state, fields);
	else if (n == 2 && strcmp(fields[0], "promoting") == 0)
		state->promoting = strtoimax(fields[1], NULL, 10);
	else if (n == 2 && strcmp(fields[0], "promoted") == 0)
		state->promoted = strtoimax(fields[1], NULL, 10);
	bk_arena_clear(&arena);
}

static int is_damaged(const struct bk_standby_state *state, struct bk_err *err)
{
	return bk_fail(err, BK_CORRUPT,
		       "%s/state is damaged: was this store promoted? If mail "
		       "comes here, it is the primary. If it is a standby, "
		       "remove that file, then: bk standby follow --adopt",
		       state->folder);
}

/* The line that ends it: a sum of all that comes before. */
static void add_end(struct bk_buf *to, struct bk_view text)
{
	uint8_t digest[BK_SHA256_LEN];
	struct bk_sha256 sha;
	char hex[BK_ID_TEXT];

	bk_sha256_init(&sha);
	bk_sha256_update(&sha, text.data, text.len);
	bk_sha256_final(&sha, digest);
	bk_id_hex(hex, digest);
	bk_buf_printf(to, "end\t%s\n", hex);
}

/* A line that is lost could be the one that says that the store is live. */
static bool is_whole(struct bk_view text)
{
	struct bk_buf end = {0};

	add_end(&end, (struct bk_view){text.data, 0});
	size_t len = end.len;
	bool whole = text.len >= len;
	if (whole) {
		end.len = 0;
		add_end(&end, (struct bk_view){text.data, text.len - len});
		whole = memcmp(end.data, text.data + text.len - len, len) == 0;
	}
	bk_buf_clear(&end);
	return whole;
}

static int read_all(struct bk_standby_state *state, struct bk_view text,
		    struct bk_err *err)
{
	static const char first[] = FIRST_WORD "\t" VERSION "\n";
	const uint8_t *end;

	if (text.len < sizeof(first) - 1 ||
	    memcmp(text.data, FIRST_WORD "\t", sizeof(FIRST_WORD)) != 0)
		return is_damaged(state, err);
	if (memcmp(text.data, first, sizeof(first) - 1) != 0)
		return bk_fail(err, BK_NEWER,
			       "%s/state was written by a newer version: "
			       "upgrade this host first",
			       state->folder);
	if (!is_whole(text))
		return is_damaged(state, err);
	state->begun = true;
	while (text.len && (end = memchr(text.data, '\n', text.len))) {
		size_t len = (size_t)(end - text.data);
		read_line(state, (struct bk_view){text.data, len});
		text.data += len + 1;
		text.len -= len + 1;
	}
	bk_standby_state_sort(state);
	return 0;
}

static char *folder_of(const char *state_dir,
		       const struct bk_store_config *store)
{
	char *identity = bk_store_identity(store);
	uint8_t digest[BK_SHA256_LEN];
	struct bk_sha256 sha;
	char hex[BK_ID_TEXT];

	bk_sha256_init(&sha);
	bk_sha256_update(&sha, identity, strlen(identity));
	bk_sha256_final(&sha, digest);
	free(identity);
	return bk_asprintf("%s/standby-%.16s", state_dir,
			   bk_id_hex(hex, digest));
}

int bk_standby_state_load(struct bk_standby_state *out, const char *state_dir,
			  const struct bk_store_config *store,
			  struct bk_err *err)
{
	struct bk_err why = {0};
	struct bk_buf text = {0};

	*out = (struct bk_standby_state){.folder = folder_of(state_dir, store)};
	char *path = bk_asprintf("%s/state", out->folder);
	int rc = bk_file_read(AT_FDCWD, path, STATE_MAX, &text, &why);
	if (rc == 0)
		rc = read_all(out, bk_buf_view(&text), &why);
	bk_buf_clear(&text);
	free(path);
	if (rc == 0 || why.kind == BK_GONE)
		return 0;
	*err = why;
	return -1;
}

/* ---- writing ---- */

static void add_digits(struct bk_buf *to, bool any, const uint8_t digits[16])
{
	char hex[BK_ID_TEXT];

	bk_fields_add(to, any ? bk_id_hex(hex, digits) : "-");
}

static void add_time(struct bk_buf *to, const char *word, int64_t seconds)
{
	if (!seconds)
		return;
	bk_buf_printf(to, "%s", word);
	bk_fields_add_number(to, (uint64_t)seconds);
	bk_buf_printf(to, "\n");
}

static const char *word_of(const struct bk_standby_state *state,
			   const struct bk_standby_folder *folder)
{
	if (folder->exact && !folder->due)
		return "exact";
	return state->promoting && folder->had ? "had" : "look";
}

static void add_folder(struct bk_buf *to, const struct bk_standby_state *state,
		       const struct bk_standby_folder *folder)
{
	if (folder->dropped)
		return;
	bk_buf_printf(to, "folder");
	bk_fields_add(to, folder->account);
	bk_fields_add(to, folder->name);
	bk_fields_add_number(to, folder->uid_validity);
	add_digits(to, folder->has_guid, folder->guid);
	add_digits(to, true, folder->place);
	add_digits(to, true, folder->sum);
	bk_fields_add(to, word_of(state, folder));
	bk_fields_add_number(to, folder->strays);
	add_digits(to, true, folder->stamp);
	bk_buf_printf(to, "\n");
	bool gone = folder->gone && folder->strays && !folder->exact;
	if (!gone && !folder->given)
		return;
	bk_buf_printf(to, "more");
	bk_fields_add(to, gone ? "gone" : "-");
	bk_fields_add(to, folder->given ? "given" : "-");
	bk_buf_printf(to, "\n");
}

static void add_set(struct bk_buf *to, const struct bk_standby_state *state)
{
	bk_buf_printf(to, "set");
	add_digits(to, true, state->set);
	bk_fields_add(to, state->partly ? "partly" : "wholly");
	bk_fields_add_number(to, (uint64_t)state->applied);
	bk_fields_add(to, state->incomplete ? "incomplete" : "complete");
	bk_fields_add_number(to, state->sequence);
	bk_fields_add_number(to, state->messages);
	add_digits(to, true, state->host);
	bk_fields_add(to, state->store);
	bk_buf_printf(to, "\n");
}

int bk_standby_state_save(struct bk_standby_state *state, struct bk_err *err)
{
	char *rolls = bk_asprintf("%s/rolls", state->folder);
	char *path = bk_asprintf("%s/state", state->folder);
	struct bk_buf text = {0};

	bk_buf_printf(&text, FIRST_WORD "\t" VERSION "\n");
	if (state->has_set)
		add_set(&text, state);
	add_time(&text, "promoting", state->promoting);
	add_time(&text, "promoted", state->promoted);
	for (size_t i = 0; i < state->n; i++)
		add_folder(&text, state, &state->items[i]);
	add_end(&text, bk_buf_view(&text));
	state->begun = true;
	int rc = bk_dir_make(AT_FDCWD, rolls, 0700, err);
	if (rc == 0)
		rc = bk_file_replace(AT_FDCWD, path, bk_buf_view(&text), 0600,
				     err);
	bk_buf_clear(&text);
	free(rolls);
	free(path);
	return rc;
}

void bk_standby_state_clear(struct bk_standby_state *state)
{
	free(state->items);
	free(state->folder);
	bk_arena_clear(&state->arena);
	*state = (struct bk_standby_state){0};
}
