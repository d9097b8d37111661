/* What a host remembers between runs: see backup_state.h. */

#include "job/backup_state.h"

#include <fcntl.h>
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

/* Lines "open ID", any number of them, and "head ID". */
static void read_line(struct bk_backup_state *state, const char *line)
{
	uint8_t id[BK_ID_LEN];

	if (strncmp(line, "open ", 5) == 0 && bk_id_parse(line + 5, id))
		bk_backup_state_open(state, id);
	if (strncmp(line, "head ", 5) == 0)
		state->has_head = bk_id_parse(line + 5, state->head);
}

void bk_backup_state_load(struct bk_backup_state *out, const char *state_dir,
			  const char *store, const char *repo)
{
	struct bk_buf bytes = {0};
	struct bk_err why = {0};
	char *rest = NULL;

	char *where =
		strstr(repo, "://") ? bk_strdup(repo) : bk_path_real(repo);
	out->path = path_of(state_dir, store, where);
	free(where);
	if (bk_file_read(AT_FDCWD, out->path, STATE_MAX, &bytes, &why) == 0) {
		bk_buf_add_u8(&bytes, 0);
		for (char *line = strtok_r((char *)bytes.data, "\n", &rest);
		     line; line = strtok_r(NULL, "\n", &rest))
			read_line(out, line);
	}
	bk_buf_clear(&bytes);
}

int bk_backup_state_save(const struct bk_backup_state *state,
			 struct bk_err *err)
{
	struct bk_buf bytes = {0};
	char hex[BK_ID_TEXT];

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
