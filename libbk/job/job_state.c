/* A job's state, a word and a value a line: see job_state.h. */

#include "job/job_state.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/file.h"

#define STATE_MAX    ((size_t)64 << 10)
#define TROUBLES_MAX 64
#define PAST_MAX     400

int64_t bk_job_state_when(const struct bk_job_state *state, const char *trouble)
{
	for (size_t i = 0; i < state->n_troubles; i++)
		if (strcmp(state->troubles[i].text, trouble) == 0)
			return state->troubles[i].told;
	return 0;
}

void bk_job_state_told(struct bk_job_state *state, const char *trouble,
		       int64_t now)
{
	for (size_t i = 0; i < state->n_troubles; i++) {
		if (strcmp(state->troubles[i].text, trouble) != 0)
			continue;
		state->troubles[i].told = now;
		return;
	}
	state->troubles =
		bk_array_room(state->troubles, state->n_troubles,
			      &state->cap_troubles, sizeof(*state->troubles));
	state->troubles[state->n_troubles++] =
		(struct bk_job_trouble){bk_strdup(trouble), now};
}

static void forget_troubles(struct bk_job_state *state)
{
	for (size_t i = 0; i < state->n_troubles; i++)
		free(state->troubles[i].text);
	free(state->troubles);
	state->troubles = NULL;
	state->n_troubles = state->cap_troubles = 0;
}

void bk_job_state_calm(struct bk_job_state *state)
{
	forget_troubles(state);
	state->since = 0;
	state->bad = state->untold = 0;
}

void bk_job_state_ran(struct bk_job_state *state, const struct bk_job_past *run)
{
	if (state->n_past == PAST_MAX)
		memmove(state->past, state->past + 1,
			--state->n_past * sizeof(*state->past));
	state->past = bk_array_room(state->past, state->n_past,
				    &state->cap_past, sizeof(*state->past));
	state->past[state->n_past++] = *run;
}

void bk_job_state_digested(struct bk_job_state *state, int64_t now)
{
	state->n_past = 0;
	state->digested = now;
}

/* "ENDED STATUS SETS NEW STORED" */
static void read_past(struct bk_job_state *state, const char *value)
{
	struct bk_job_past run = {0};
	char *p;

	run.ended = strtoimax(value, &p, 10);
	run.status = (int)strtoimax(p, &p, 10);
	run.has_set = strtoimax(p, &p, 10) != 0;
	run.added = strtoumax(p, &p, 10);
	run.stored = strtoumax(p, &p, 10);
	bk_job_state_ran(state, &run);
}

static void add_past(const struct bk_job_state *state, struct bk_buf *out)
{
	if (state->digested)
		bk_buf_printf(out, "digested %" PRId64 "\n", state->digested);
	for (size_t i = 0; i < state->n_past; i++) {
		const struct bk_job_past *run = &state->past[i];
		bk_buf_printf(out,
			      "run %" PRId64 " %d %d %" PRIu64 " %" PRIu64 "\n",
			      run->ended, run->status, run->has_set, run->added,
			      run->stored);
	}
}

/* "TIME TEXT" */
static void read_trouble(struct bk_job_state *state, const char *value)
{
	char *text = NULL;
	int64_t told = strtoimax(value, &text, 10);

	if (*text == ' ' && state->n_troubles < TROUBLES_MAX)
		bk_job_state_told(state, text + 1, told);
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
		read_trouble(state, value);
	else if (strcmp(line, "status") == 0)
		state->status = (int)strtoimax(value, NULL, 10);
	else if (strcmp(line, "ended") == 0)
		state->ended = strtoimax(value, NULL, 10);
	else if (strcmp(line, "running") == 0)
		state->running = strtoimax(value, NULL, 10);
	else if (strcmp(line, "since") == 0)
		state->since = strtoimax(value, NULL, 10);
	else if (strcmp(line, "bad") == 0)
		state->bad = strtoumax(value, NULL, 10);
	else if (strcmp(line, "untold") == 0)
		state->untold = strtoumax(value, NULL, 10);
	else if (strcmp(line, "digested") == 0)
		state->digested = strtoimax(value, NULL, 10);
	else if (strcmp(line, "run") == 0)
		read_past(state, value);
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
	if (state->running)
		bk_buf_printf(&bytes, "running %" PRId64 "\n", state->running);
	if (state->since)
		bk_buf_printf(&bytes, "since %" PRId64 "\nbad %" PRIu64 "\n",
			      state->since, state->bad);
	if (state->untold)
		bk_buf_printf(&bytes, "untold %" PRIu64 "\n", state->untold);
	for (size_t i = 0; i < state->n_troubles; i++)
		bk_buf_printf(&bytes, "trouble %" PRId64 " %s\n",
			      state->troubles[i].told, state->troubles[i].text);
	for (size_t i = 0; i < state->lacking.n; i++)
		bk_buf_printf(&bytes, "lacking %s\n", state->lacking.items[i]);
	add_past(state, &bytes);
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
	forget_troubles(state);
	free(state->past);
	free(state->path);
	*state = (struct bk_job_state){0};
}
