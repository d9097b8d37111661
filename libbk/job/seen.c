/* What was seen here before: see seen.h. */

#include "job/seen.h"

#include <fcntl.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/buf.h"
#include "base/file.h"
#include "base/log.h"
#include "base/parse.h"
#include "job/backup_state.h"
#include "repo/condemned.h"
#include "repo/set.h"

#define FILE_MAX ((size_t)1 << 18)

/* The newest set of a host. */
struct sight {
	uint8_t host[BK_ID_LEN], set[BK_ID_LEN];
	uint64_t sequence;
	bool lacks;
};

struct sights {
	struct sight *items; /* owned */
	size_t n, cap;
};

struct bk_seen {
	struct bk_witness witness;
	const char *state_dir;
	bool keep;
	struct bk_outcome *outcome;
	pthread_mutex_t lock;
	struct bk_seen_alarm *told; /* owned */
	size_t n_told, cap_told;
};

static struct sight *of_host(struct sights *sights,
			     const uint8_t host[BK_ID_LEN])
{
	for (size_t i = 0; i < sights->n; i++)
		if (memcmp(sights->items[i].host, host, BK_ID_LEN) == 0)
			return &sights->items[i];
	sights->items = bk_array_room(sights->items, sights->n, &sights->cap,
				      sizeof(*sights->items));
	struct sight *sight = &sights->items[sights->n++];
	*sight = (struct sight){0};
	memcpy(sight->host, host, BK_ID_LEN);
	return sight;
}

/* ---- the file: lines "HOST SET SEQUENCE" ---- */

static char *path_of(const struct bk_seen *seen, const struct bk_repo *at)
{
	char name[BK_STATE_NAME];

	return bk_asprintf(
		"%s/seen-%s", seen->state_dir,
		bk_backup_state_name(name, at->target->where, at->id));
}

static void read_line(struct sights *to, char *line)
{
	uint8_t host[BK_ID_LEN], set[BK_ID_LEN];
	struct bk_err ignored = {0};
	char *rest = line;
	uint64_t sequence;

	const char *first = strsep(&rest, " ");
	const char *second = strsep(&rest, " ");
	if (!second || !rest || !bk_id_parse(first, host) ||
	    !bk_id_parse(second, set) ||
	    bk_parse_number(rest, UINT64_MAX, &sequence, &ignored) < 0)
		return;
	struct sight *sight = of_host(to, host);
	sight->sequence = sequence;
	memcpy(sight->set, set, BK_ID_LEN);
}

/* What cannot be read is nothing that was seen. */
static void load(const char *path, struct sights *out)
{
	struct bk_buf bytes = {0};
	struct bk_err ignored = {0};
	char *rest = NULL;

	if (bk_file_read(AT_FDCWD, path, FILE_MAX, &bytes, &ignored) == 0) {
		bk_buf_add_u8(&bytes, 0);
		for (char *line = strtok_r((char *)bytes.data, "\n", &rest);
		     line; line = strtok_r(NULL, "\n", &rest))
			read_line(out, line);
	}
	bk_buf_clear(&bytes);
}

/* Whoever only reads may not be able to write here. */
static void save(const char *path, const struct sights *sights)
{
	struct bk_buf bytes = {0};
	char host[BK_ID_TEXT], set[BK_ID_TEXT];
	struct bk_err why = {0};

	for (size_t i = 0; i < sights->n; i++)
		bk_buf_printf(&bytes, "%s %s %" PRIu64 "\n",
			      bk_id_hex(host, sights->items[i].host),
			      bk_id_hex(set, sights->items[i].set),
			      sights->items[i].sequence);
	if (bk_file_replace(AT_FDCWD, path, bk_buf_view(&bytes), 0600, &why) <
	    0)
		bk_log(BK_LOG_DEBUG, "%s: %s", path, why.text);
	bk_buf_clear(&bytes);
}

/* ---- comparing ---- */

static bool is_visible(const struct bk_set_info_list *sets,
		       const uint8_t id[BK_ID_LEN])
{
	for (size_t i = 0; i < sets->n; i++)
		if (memcmp(sets->items[i].id, id, BK_ID_LEN) == 0)
			return true;
	return false;
}

/* Of those that are not visible, a prune may have taken some.  The first that
 * lacks, or NULL; *why is set where it cannot be read what prunes took. */
static const struct sight *find_lacking(const struct bk_repo *at,
					const struct bk_set_info_list *sets,
					struct sights *sights,
					struct bk_err *why)
{
	const struct sight *first = NULL;
	struct bk_condemned trash = {0};
	bool asked = false;

	for (size_t i = 0; i < sights->n; i++) {
		struct sight *sight = &sights->items[i];
		if (is_visible(sets, sight->set))
			continue;
		if (!asked)
			(void)bk_tombstones_read(at, &trash, why);
		asked = true;
		sight->lacks = !bk_condemned_has_set(&trash, sight->set);
		if (sight->lacks && !first)
			first = sight;
	}
	bk_condemned_clear(&trash);
	return why->kind == BK_CANCELLED ? NULL : first;
}

/* What lacks is remembered until somebody says that it is right.  True if there
 * is news. */
static bool add_newest(const struct bk_set_info_list *sets,
		       struct sights *sights)
{
	bool news = false;

	for (size_t i = 0; i < sets->n; i++) {
		const struct bk_set_info *info = &sets->items[i];
		if (info->broken)
			continue;
		struct sight *sight = of_host(sights, info->root.host);
		if (sight->lacks || sight->sequence >= info->root.sequence)
			continue;
		sight->sequence = info->root.sequence;
		memcpy(sight->set, info->id, BK_ID_LEN);
		news = true;
	}
	return news;
}

static void tell(struct bk_seen *seen, const struct bk_repo *at,
		 const struct sight *lacks, const struct bk_err *why)
{
	const char *where = at->target->where;
	char name[BK_SET_NAME];

	seen->outcome->set_back = true;
	for (size_t i = 0; i < seen->n_told; i++)
		if (strcmp(seen->told[i].where, where) == 0)
			return;
	(void)bk_set_name(name, lacks->set, 0);
	char *text =
		why->kind ? bk_asprintf(
				    "set %s was here and is not any more, "
				    "and whether a prune took it cannot be "
				    "read (%s)",
				    name, why->text)
			  : bk_asprintf(
				    "set %s was here and is not any more, "
				    "though no prune took it: an older state "
				    "was put back, or somebody took sets away",
				    name);
	bk_log(BK_LOG_ERROR, "%s: %s; run: " BK_SEEN_NEXT, where, text);
	seen->told = bk_array_room(seen->told, seen->n_told, &seen->cap_told,
				   sizeof(*seen->told));
	seen->told[seen->n_told++] =
		(struct bk_seen_alarm){bk_strdup(where), text};
}

static void compare(struct bk_seen *seen, const struct bk_repo *at,
		    const struct bk_set_info_list *sets)
{
	struct sights sights = {0};
	struct bk_err why = {0};
	char *path = path_of(seen, at);
	bool news = seen->witness.accept;

	if (!seen->witness.accept)
		load(path, &sights);
	const struct sight *lacks = find_lacking(at, sets, &sights, &why);
	seen->witness.set_back = lacks != NULL;
	if (lacks)
		tell(seen, at, lacks, &why);
	news |= add_newest(sets, &sights);
	if (news && seen->keep)
		save(path, &sights);
	free(path);
	free(sights.items);
}

static void saw(struct bk_witness *witness, const struct bk_repo *at,
		const struct bk_set_info_list *sets)
{
	struct bk_seen *seen = (struct bk_seen *)witness;

	(void)pthread_mutex_lock(&seen->lock);
	compare(seen, at, sets);
	(void)pthread_mutex_unlock(&seen->lock);
}

struct bk_seen *bk_seen_new(const char *state_dir, bool keep,
			    struct bk_outcome *outcome)
{
	struct bk_seen *seen = bk_alloc(sizeof(*seen));
	struct stat st;

	seen->witness.saw = saw;
	seen->state_dir = state_dir;
	seen->outcome = outcome;
	seen->keep = keep && stat(state_dir, &st) == 0 && S_ISDIR(st.st_mode);
	(void)pthread_mutex_init(&seen->lock, NULL);
	return seen;
}

void bk_seen_free(struct bk_seen *seen)
{
	if (!seen)
		return;
	for (size_t i = 0; i < seen->n_told; i++) {
		free(seen->told[i].where);
		free(seen->told[i].text);
	}
	free(seen->told);
	(void)pthread_mutex_destroy(&seen->lock);
	free(seen);
}

size_t bk_seen_alarms(const struct bk_seen *seen,
		      const struct bk_seen_alarm **out)
{
	*out = seen ? seen->told : NULL;
	return seen ? seen->n_told : 0;
}

struct bk_witness *bk_seen_witness(struct bk_seen *seen)
{
	return &seen->witness;
}
