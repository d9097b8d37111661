/* A job's state, a word and a value a line: see job_state.h. */

#include "job/job_state.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/file.h"

#define STATE_MAX ((size_t)64 << 10)

static void set_text(char **to, const char *value)
{
	free(*to);
	*to = bk_strdup(value);
}

static void read_line(struct bk_job_state *state, char *line)
{
	char *value = line + strcspn(line, " ");

	if (!*value)
		return;
	*value++ = 0;
	if (strcmp(line, "lacking") == 0)
		bk_names_add(&state->lacking, value);
	else if (strcmp(line, "trouble") == 0)
		set_text(&state->trouble, value);
	else if (strcmp(line, "status") == 0)
		state->status = (int)strtoimax(value, NULL, 10);
	else if (strcmp(line, "ended") == 0)
		state->ended = strtoimax(value, NULL, 10);
	else if (strcmp(line, "since") == 0)
		state->since = strtoimax(value, NULL, 10);
	else if (strcmp(line, "bad") == 0)
		state->bad = strtoumax(value, NULL, 10);
	else if (strcmp(line, "told") == 0)
		state->told = strtoimax(value, NULL, 10);
	else if (strcmp(line, "untold") == 0)
		state->untold = strtoumax(value, NULL, 10);
}

void bk_job_state_load(struct bk_job_state *out, const char *state_dir,
		       const char *job)
{
	struct bk_buf bytes = {0};
	struct bk_err ignored = {0};
	char *rest = NULL;

	*out = (struct bk_job_state){
		.path = bk_asprintf("%s/jobs/%s", state_dir, job),
	};
	if (bk_file_read(AT_FDCWD, out->path, STATE_MAX, &bytes, &ignored) ==
	    0) {
		bk_buf_add_u8(&bytes, 0);
		for (char *line = strtok_r((char *)bytes.data, "\n", &rest);
		     line; line = strtok_r(NULL, "\n", &rest))
			read_line(out, line);
	}
	bk_buf_clear(&bytes);
}

static int make_folder(const char *path, struct bk_err *err)
{
	char *folder = bk_strndup(path, (size_t)(strrchr(path, '/') - path));

	int rc = bk_dir_make(AT_FDCWD, folder, 0700, err);
	free(folder);
	return rc;
}

int bk_job_state_save(const struct bk_job_state *state, struct bk_err *err)
{
	struct bk_buf bytes = {0};

	bk_buf_printf(&bytes, "status %d\nended %" PRId64 "\n", state->status,
		      state->ended);
	if (state->since)
		bk_buf_printf(&bytes, "since %" PRId64 "\nbad %" PRIu64 "\n",
			      state->since, state->bad);
	if (state->told)
		bk_buf_printf(&bytes, "told %" PRId64 "\nuntold %" PRIu64 "\n",
			      state->told, state->untold);
	if (state->trouble)
		bk_buf_printf(&bytes, "trouble %s\n", state->trouble);
	for (size_t i = 0; i < state->lacking.n; i++)
		bk_buf_printf(&bytes, "lacking %s\n", state->lacking.items[i]);
	int rc = make_folder(state->path, err);
	if (rc == 0)
		rc = bk_file_replace(AT_FDCWD, state->path, bk_buf_view(&bytes),
				     0600, err);
	bk_buf_clear(&bytes);
	return rc;
}

void bk_job_state_clear(struct bk_job_state *state)
{
	bk_names_clear(&state->lacking);
	free(state->trouble);
	free(state->path);
	*state = (struct bk_job_state){0};
}
