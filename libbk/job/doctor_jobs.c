/* Jobs: does anything start them, how did they end, is a set overdue? */

#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cancel.h"
#include "base/clock.h"
#include "base/file.h"
#include "job/doctor_checks.h"
#include "job/job_due.h"
#include "job/job_state.h"
#include "job/jobrun.h"
#include "job/open.h"
#include "report/units.h"

#define LATE_S   ((int64_t)7200) /* a run may take its time */
#define FILE_MAX ((size_t)1 << 20)

/* ---- what starts it ---- */

/* In a line that is no comment. */
static bool has_command(char *text, const char *command)
{
	char *rest = NULL;

	for (char *line = strtok_r(text, "\n", &rest); line;
	     line = strtok_r(NULL, "\n", &rest))
		if (line[strspn(line, " \t")] != '#' && strstr(line, command))
			return true;
	return false;
}

static bool names_job(const char *path, const char *job)
{
	char *command = bk_asprintf("bk backup %s ", job);
	struct bk_buf text = {0};
	struct bk_err ignored = {0};

	bool names =
		bk_file_read(AT_FDCWD, path, FILE_MAX, &text, &ignored) == 0 &&
		*bk_buf_text(&text) && has_command((char *)text.data, command);
	bk_buf_clear(&text);
	free(command);
	return names;
}

/* In cron.d others are passed over, as a package's *.dpkg-old; a user's name
 * is his own. */
static bool cron_takes(const char *name)
{
	return !name[strspn(name,
			    "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
			    "abcdefghijklmnopqrstuvwxyz0123456789_-")];
}

static bool cron_folder_names(const char *folder, bool any, const char *job)
{
	DIR *dir = opendir(folder);
	const struct dirent *entry;
	bool names = false;

	while (dir && !names && (entry = readdir(dir))) {
		char *path = bk_asprintf("%s/%s", folder, entry->d_name);
		names = (any || cron_takes(entry->d_name)) &&
			names_job(path, job);
		free(path);
	}
	if (dir)
		(void)closedir(dir);
	return names;
}

static bool is_started(const char *job)
{
	char *timer = bk_asprintf(
		"/etc/systemd/system/timers.target.wants/bk@%s.timer", job);
	bool started = access(timer, F_OK) == 0 ||
		       names_job("/etc/crontab", job) ||
		       cron_folder_names("/etc/cron.d", false, job) ||
		       cron_folder_names("/var/spool/cron/crontabs", true, job);
	free(timer);
	return started;
}

static void check_start(struct bk_doctor *doctor, const char *where,
			const struct bk_job_settings *job)
{
	const struct bk_patient patient = {doctor, "schedule", where};

	if (!job->full.n && !job->differential.n) {
		bk_doctor_tell(&patient, BK_FINDING_NOTE,
			       "write full = sat 22:00 and the like into it",
			       "it has no schedule");
		return;
	}
	if (strcmp(job->repo.password, "prompt") == 0)
		bk_doctor_tell(&patient, BK_FINDING_WRONG,
			       "bk key export /etc/bk/main.key, and password = "
			       "keyblock:/etc/bk/main.key in [repo]",
			       "it cannot run by itself: somebody must type "
			       "the password");
	char *next = bk_asprintf(
		"systemctl enable --now bk@%s.timer, or lines "
		"for cron",
		job->name);
	if (is_started(job->name))
		bk_doctor_tell(&patient, BK_FINDING_FINE, NULL,
			       "systemd or cron starts it");
	else
		bk_doctor_tell(&patient, BK_FINDING_NOTE, next,
			       "neither systemd nor cron starts it");
	free(next);
}

/* ---- how it went ---- */

static void check_last(struct bk_doctor *doctor, const char *where,
		       const struct bk_job_settings *job)
{
	const struct bk_patient patient = {doctor, "last run", where};
	char *again =
		bk_asprintf("bk backup %s, and see bk-exit(7)", job->name);
	struct bk_job_state state = {0};
	char when[BK_CLOCK_TEXT];

	bk_job_state_load(&state, doctor->settings->state_dir, job->name);
	if (state.running && !bk_jobrun_since(doctor->settings->state_dir, job))
		bk_doctor_tell(&patient, BK_FINDING_WRONG, again,
			       "the run of %s was cut off",
			       bk_clock_local(when, state.running));
	else if (state.ended && state.status != 0)
		bk_doctor_tell(&patient, BK_FINDING_WRONG, again,
			       "it ended with status %d on %s", state.status,
			       bk_clock_local(when, state.ended));
	else if (state.ended)
		bk_doctor_tell(&patient, BK_FINDING_FINE, NULL,
			       "it ended well on %s",
			       bk_clock_local(when, state.ended));
	for (size_t i = 0; i < state.lacking.n; i++)
		bk_doctor_tell(&patient, BK_FINDING_WRONG, "bk ship push",
			       "target %s lacks sets", state.lacking.items[i]);
	bk_job_state_clear(&state);
	free(again);
}

/* The latest moment at which a set should have been begun. */
static int64_t last_due(const struct bk_job_settings *job, int64_t now)
{
	int64_t full = bk_schedule_last(&job->full, now);
	int64_t differential = bk_schedule_last(&job->differential, now);

	return full > differential ? full : differential;
}

static void tell_times(const struct bk_patient *patient,
		       const struct bk_job_settings *job,
		       const struct bk_due_times *times)
{
	char *again = bk_asprintf("bk backup %s", job->name);
	char age[BK_UNITS_TEXT];
	int64_t now = bk_clock_now();

	if (times->ahead != INT64_MIN)
		bk_doctor_tell(
			patient, BK_FINDING_WRONG,
			"see whether the clock of this host is right",
			"its newest set is of %s from now",
			bk_units_duration(age, (double)(times->ahead - now)));
	if (times->any == INT64_MIN) {
		bk_doctor_tell(patient, BK_FINDING_WRONG, again,
			       "there is no set yet");
	} else {
		int64_t due = last_due(job, now - LATE_S);
		(void)bk_units_duration(age, (double)(now - times->any));
		if (due > times->any)
			bk_doctor_tell(patient, BK_FINDING_WRONG, again,
				       "a set is overdue: the newest is %s old",
				       age);
		else
			bk_doctor_tell(patient, BK_FINDING_FINE, NULL,
				       "its newest set is %s old", age);
	}
	free(again);
}

/* Opens the repository, if nobody must be asked for it. */
static void check_sets(struct bk_doctor *doctor, const char *where,
		       const struct bk_job_settings *job)
{
	const struct bk_patient patient = {doctor, "sets", where};
	struct bk_set_info_list sets = {0};
	struct bk_outcome outcome = {0};
	struct bk_opened opened = {0};
	struct bk_due_times times;
	struct bk_err err = {0};

	if (strcmp(job->repo.password, "prompt") == 0)
		return;
	int rc = bk_opened_open(&opened, doctor->settings, &job->repo,
				BK_OPEN_READ, &outcome, &err);
	if (rc == 0)
		rc = bk_sets_list(opened.repo, &sets, &err);
	if (rc == 0) {
		bk_due_look(&times, &sets, opened.repo, job->store.config.name,
			    bk_clock_now());
		tell_times(&patient, job, &times);
	} else if (err.kind != BK_CANCELLED) {
		bk_doctor_tell(&patient, BK_FINDING_WRONG,
			       err.kind == BK_GONE ? "bk init" : "bk check",
			       "%s", err.text);
	}
	bk_set_info_list_clear(&sets);
	bk_opened_close(&opened);
}

static void check_job(struct bk_doctor *doctor, const char *name)
{
	char *where = bk_asprintf("job %s", name);
	const struct bk_patient patient = {doctor, "configuration", where};
	struct bk_job_settings job = {0};
	struct bk_err err = {0};

	if (bk_settings_job(doctor->settings, name, &job, &err) < 0) {
		bk_doctor_tell(&patient, BK_FINDING_WRONG, "see bk.conf(5)",
			       "%s", err.text);
	} else {
		if (!job.ship.n)
			bk_doctor_tell(&patient, BK_FINDING_NOTE,
				       "make a [target], and ship = to it",
				       "no copy lies elsewhere: a fire takes "
				       "both");
		check_start(doctor, where, &job);
		check_last(doctor, where, &job);
		check_sets(doctor, where, &job);
	}
	bk_job_settings_clear(&job);
	free(where);
}

void bk_doctor_jobs(struct bk_doctor *doctor)
{
	const struct bk_conf *conf = &doctor->settings->conf;
	const struct bk_conf_section *s = NULL;
	const struct bk_patient patient = {doctor, "configuration",
					   doctor->settings->source};

	if (!bk_conf_next(conf, "job", NULL))
		bk_doctor_tell(&patient, BK_FINDING_NOTE,
			       "bk init --ask, or see bk.conf(5)",
			       "there is no [job]");
	else if (!bk_conf_find(conf, "notify", ""))
		bk_doctor_tell(&patient, BK_FINDING_NOTE,
			       "write mail = into [notify]",
			       "nobody is told when a run fails");
	while ((s = bk_conf_next(conf, "job", s)) && !bk_cancel_wanted())
		check_job(doctor, s->name);
}
