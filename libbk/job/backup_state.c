/* What a host remembers between runs: see backup_state.h. */

#include "job/backup_state.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/file.h"
#include "base/path.h"
#include "crypto/digest.h"

#define STATE_MAX 4096

static char *path_of(const char *state_dir, const char *store, const char *repo)
{
	uint8_t sum[BK_SHA256_LEN];
	char hex[BK_ID_TEXT];
	struct bk_sha256 sha;

	bk_sha256_init(&sha);
	bk_sha256_update(&sha, store, strlen(store) + 1);
	bk_sha256_update(&sha, repo, strlen(repo) + 1);
	bk_sha256_final(&sha, sum);
	return bk_asprintf("%s/state-%.16s", state_dir, bk_id_hex(hex, sum));
}

void bk_backup_state_open(struct bk_backup_state *state,
			  const uint8_t set[BK_ID_LEN])
{
	if (state->n_open == BK_STATE_OPEN_MAX) {
		state->n_open--;
		memmove(state->open[0], state->open[1],
			state->n_open * BK_ID_LEN);
	}
	memcpy(state->open[state->n_open++], set, BK_ID_LEN);
}

/* Lines "repo ID", "at DIGEST", "open ID", any number of them, and "head ID".
 */
static void read_line(struct bk_backup_state *state, const char *line)
{
	uint8_t id[BK_ID_LEN];

	if (strncmp(line, "open ", 5) == 0 && bk_id_parse(line + 5, id))
		bk_backup_state_open(state, id);
	if (strncmp(line, "head ", 5) == 0)
		state->has_head = bk_id_parse(line + 5, state->head);
	if (strncmp(line, "repo ", 5) == 0)
		(void)bk_id_parse(line + 5, state->repo);
	if (strncmp(line, "at ", 3) == 0)
		(void)bk_id_parse(line + 3, state->at);
}

static void read_file(struct bk_backup_state *state, const char *path)
{
	struct bk_buf bytes = {0};
	struct bk_err why = {0};
	char *rest = NULL;

	if (bk_file_read(AT_FDCWD, path, STATE_MAX, &bytes, &why) == 0) {
		bk_buf_add_u8(&bytes, 0);
		for (char *line = strtok_r((char *)bytes.data, "\n", &rest);
		     line; line = strtok_r(NULL, "\n", &rest))
			read_line(state, line);
	}
	bk_buf_clear(&bytes);
}

/* A path however spelt is one place. */
static char *place_of(const char *repo)
{
	return strstr(repo, "://") ? bk_strdup(repo) : bk_path_real(repo);
}

static void digest_of(uint8_t out[BK_ID_LEN], const char *place)
{
	uint8_t sum[BK_SHA256_LEN];
	struct bk_sha256 sha;

	bk_sha256_init(&sha);
	bk_sha256_update(&sha, place, strlen(place));
	bk_sha256_final(&sha, sum);
	memcpy(out, sum, BK_ID_LEN);
}

const char *bk_backup_state_name(char out[BK_STATE_NAME], const char *repo,
				 const uint8_t repo_id[BK_ID_LEN])
{
	char *place = place_of(repo);
	uint8_t sum[BK_SHA256_LEN];
	char hex[BK_ID_TEXT];
	struct bk_sha256 sha;

	bk_sha256_init(&sha);
	bk_sha256_update(&sha, repo_id, BK_ID_LEN);
	bk_sha256_update(&sha, place, strlen(place));
	bk_sha256_final(&sha, sum);
	free(place);
	(void)snprintf(out, BK_STATE_NAME, "%.16s", bk_id_hex(hex, sum));
	return out;
}

void bk_backup_state_load(struct bk_backup_state *out, const char *state_dir,
			  const char *store, const char *repo,
			  const uint8_t repo_id[BK_ID_LEN])
{
	char *place = place_of(repo);
	char *path = path_of(state_dir, store, place);

	read_file(out, path);
	if (!bk_id_is_zero(out->repo) &&
	    memcmp(out->repo, repo_id, BK_ID_LEN) != 0)
		*out = (struct bk_backup_state){0};
	out->path = path;
	memcpy(out->repo, repo_id, BK_ID_LEN);
	digest_of(out->at, place);
	free(place);
}

static void add_head(struct bk_state_heads *to, const uint8_t head[BK_ID_LEN])
{
	to->ids = bk_realloc(to->ids, (to->n + 1) * sizeof(*to->ids));
	memcpy(to->ids[to->n++], head, BK_ID_LEN);
}

void bk_backup_state_heads(struct bk_state_heads *out, const char *state_dir,
			   const char *repo, const uint8_t repo_id[BK_ID_LEN])
{
	DIR *dir = opendir(state_dir);
	char *place = place_of(repo);
	uint8_t at[BK_ID_LEN];

	digest_of(at, place);
	free(place);
	for (struct dirent *entry; dir && (entry = readdir(dir));) {
		struct bk_backup_state state = {0};
		if (strncmp(entry->d_name, "state-", 6) != 0)
			continue;
		char *path = bk_asprintf("%s/%s", state_dir, entry->d_name);
		read_file(&state, path);
		free(path);
		if (state.has_head &&
		    memcmp(state.repo, repo_id, BK_ID_LEN) == 0 &&
		    memcmp(state.at, at, BK_ID_LEN) == 0)
			add_head(out, state.head);
	}
	if (dir)
		(void)closedir(dir);
}

void bk_state_heads_clear(struct bk_state_heads *heads)
{
	free(heads->ids);
	*heads = (struct bk_state_heads){0};
}

int bk_backup_state_save(const struct bk_backup_state *state,
			 struct bk_err *err)
{
	struct bk_buf bytes = {0};
	char hex[BK_ID_TEXT];

	bk_buf_printf(&bytes, "repo %s\n", bk_id_hex(hex, state->repo));
	bk_buf_printf(&bytes, "at %s\n", bk_id_hex(hex, state->at));
	for (size_t i = 0; i < state->n_open; i++)
		bk_buf_printf(&bytes, "open %s\n",
			      bk_id_hex(hex, state->open[i]));
	if (state->has_head)
		bk_buf_printf(&bytes, "head %s\n", bk_id_hex(hex, state->head));
	int rc = bk_file_replace(AT_FDCWD, state->path, bk_buf_view(&bytes),
				 0600, err);
	bk_buf_clear(&bytes);
	return rc;
}

void bk_backup_state_clear(struct bk_backup_state *state)
{
	free(state->path);
	*state = (struct bk_backup_state){0};
}
