/* Timers of systemd and a file for cron: see enable.h. */

#include "job/enable.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/quote.h"
#include "base/run.h"
#include "job/timetable.h"

#define CRON_FILE  "/etc/cron.d/bk"
#define UNITS      "/etc/systemd/system"
#define MARK       "# Made by bk init.\n"
#define TIMEOUT_MS 60000

static bool units_are_here(void)
{
	static const char *const units[] = {
		"/etc/systemd/system/bk@.timer",
		"/usr/local/lib/systemd/system/bk@.timer",
		"/usr/lib/systemd/system/bk@.timer",
		"/lib/systemd/system/bk@.timer",
		NULL,
	};

	for (const char *const *unit = units; *unit; unit++)
		if (access(*unit, R_OK) == 0)
			return true;
	return false;
}

enum bk_enable_by bk_enable_by(void)
{
	if (geteuid() != 0)
		return BK_ENABLE_NOBODY;
	if (access("/run/systemd/system", F_OK) == 0 && units_are_here())
		return BK_ENABLE_SYSTEMD;
	return access("/etc/cron.d", W_OK) == 0 ? BK_ENABLE_CRON
						: BK_ENABLE_NOBODY;
}

/* ---- cron ---- */

static int check_ours(const char *path, struct bk_err *err)
{
	struct bk_buf is = {0};
	struct bk_err why = {0};

	int rc = bk_file_read(AT_FDCWD, path, (size_t)1 << 20, &is, &why);
	if (rc < 0 && why.kind != BK_GONE) {
		*err = why;
	} else if (rc < 0) {
		rc = 0;
	} else if (strncmp(bk_buf_text(&is), MARK, strlen(MARK)) != 0) {
		rc = bk_fail(err, BK_EXISTS,
			     "%s is there already, and not made by bk init: "
			     "it stays as it is",
			     path);
	}
	bk_buf_clear(&is);
	return rc;
}

/* The folder of this very program, where the others are too. */
static void add_path(struct bk_buf *out)
{
	char self[4096];
	ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);

	bk_buf_printf(out, "PATH=");
	if (n > 0) {
		self[n] = 0;
		char *slash = strrchr(self, '/');
		*slash = 0;
		if (strcmp(self, "/usr/local/bin") != 0 &&
		    strcmp(self, "/usr/bin") != 0)
			bk_buf_printf(out, "%s:", self);
	}
	bk_buf_printf(out, "/usr/local/bin:/usr/bin:/bin\n");
}

static int write_cron(const struct bk_enable *what, char **where,
		      struct bk_err *err)
{
	struct bk_buf file = {0}, command = {0};

	bk_buf_printf(&command, "bk backup %s", what->job);
	if (what->config) {
		bk_buf_printf(&command, " -c ");
		bk_quote(&command, what->config);
	}
	bk_buf_printf(&command, " --auto -q");
	bk_buf_printf(&file, MARK);
	add_path(&file);
	bk_timetable_cron(&file, what->full, bk_buf_text(&command));
	bk_timetable_cron(&file, what->differential, bk_buf_text(&command));
	int rc = check_ours(CRON_FILE, err);
	if (rc == 0 && strchr(bk_buf_text(&command), '%'))
		rc = bk_fail(err, BK_MISUSE,
			     "%s: cron takes no '%%' in a command",
			     what->config);
	if (rc == 0)
		rc = bk_file_replace(AT_FDCWD, CRON_FILE, bk_buf_view(&file),
				     0644, err);
	if (rc == 0)
		*where = bk_strdup(CRON_FILE);
	bk_buf_clear(&file);
	bk_buf_clear(&command);
	return rc;
}

/* ---- systemd ---- */

/* UNITS/bk@JOB.SUFFIX.d/bk-init.conf. */
static int write_drop_in(const char *job, const char *suffix,
			 struct bk_buf *text, struct bk_err *err)
{
	char *folder = bk_asprintf(UNITS "/bk@%s.%s.d", job, suffix);
	char *path = bk_asprintf("%s/bk-init.conf", folder);

	int rc = bk_dir_make(AT_FDCWD, folder, 0755, err);
	if (rc == 0)
		rc = bk_file_replace(AT_FDCWD, path, bk_buf_view(text), 0644,
				     err);
	free(folder);
	free(path);
	return rc;
}

static int write_times(const struct bk_enable *what, struct bk_err *err)
{
	struct bk_buf text = {0};

	bk_buf_printf(&text, MARK "[Timer]\nOnCalendar=\n");
	bk_timetable_systemd(&text, what->full);
	bk_timetable_systemd(&text, what->differential);
	int rc = write_drop_in(what->job, "timer", &text, err);
	bk_buf_clear(&text);
	return rc;
}

/* A path of systemd in quotes, where '%' begins a specifier. */
static void add_quoted(struct bk_buf *out, const char *before, const char *path)
{
	bk_buf_printf(out, "\"%s", before);
	for (const char *at = path; *at; at++) {
		if (*at == '%')
			bk_buf_add_u8(out, '%');
		if (*at == '"' || *at == '\\')
			bk_buf_add_u8(out, '\\');
		bk_buf_add_u8(out, (uint8_t)*at);
	}
	bk_buf_printf(out, "\"\n");
}

/* What a mail system needs to take a mail from within the service.  Postfix's
 * postdrop comes into its spool by a set-group-ID bit, which does nothing
 * there: root may write there as well.  Others become their own user. */
static void add_sendmail(struct bk_buf *out)
{
	bk_buf_printf(out, "# For sendmail:\n[Service]\n");
	if (access("/usr/sbin/postdrop", F_OK) == 0)
		bk_buf_printf(out,
			      "ReadWritePaths=-/var/spool/postfix\n"
			      "CapabilityBoundingSet=CAP_DAC_OVERRIDE\n");
	else
		bk_buf_printf(out,
			      "ReadWritePaths=-/var/spool -/var/log\n"
			      "NoNewPrivileges=no\n"
			      "CapabilityBoundingSet=CAP_DAC_OVERRIDE "
			      "CAP_CHOWN CAP_FOWNER CAP_SETUID "
			      "CAP_SETGID\n"
			      "SystemCallFilter=@setuid @chown\n");
}

static int write_service(const struct bk_enable *what, struct bk_err *err)
{
	struct bk_buf text = {0};

	bk_buf_printf(&text, MARK);
	if (what->config) {
		bk_buf_printf(&text, "[Unit]\nConditionPathExists=\n");
		bk_buf_printf(&text, "[Service]\nEnvironment=");
		add_quoted(&text, "BK_CONFIG=", what->config);
	}
	/* '-': one that is away is for bk to tell of, not for systemd. */
	if (what->places->n)
		bk_buf_printf(&text, "[Service]\n");
	for (size_t i = 0; i < what->places->n; i++) {
		bk_buf_printf(&text, "ReadWritePaths=");
		add_quoted(&text, "-", what->places->items[i]);
	}
	if (what->sendmail)
		add_sendmail(&text);
	int rc = write_drop_in(what->job, "service", &text, err);
	bk_buf_clear(&text);
	return rc;
}

static int systemctl(char *const *argv, struct bk_err *err)
{
	char complaint[256] = "";
	uint8_t unused[4096];
	size_t len = 0;
	int status = 0;

	const struct bk_program run = {
		.argv = argv,
		.timeout_ms = TIMEOUT_MS,
		.out = unused,
		.room = sizeof(unused),
		.complaint = complaint,
		.complaint_room = sizeof(complaint),
		.apart = true,
	};
	if (bk_run(&run, &len, &status, err) < 0)
		return bk_context(err, "systemctl %s", argv[1]);
	complaint[strcspn(complaint, "\n")] = 0;
	return status == 0
		       ? 0
		       : bk_fail(err, BK_FAILED, "systemctl %s: %s", argv[1],
				 *complaint ? complaint : "it failed");
}

static int enable_timer(const struct bk_enable *what, char **where,
			struct bk_err *err)
{
	static char name[] = "systemctl", reload[] = "daemon-reload",
		    enable[] = "enable", now[] = "--now";
	char *const reloads[] = {name, reload, NULL};

	if (write_times(what, err) < 0 || write_service(what, err) < 0 ||
	    systemctl(reloads, err) < 0)
		return -1;
	char *timer = bk_asprintf("bk@%s.timer", what->job);
	char *const enables[] = {name, enable, now, timer, NULL};
	int rc = systemctl(enables, err);
	if (rc == 0)
		*where = timer;
	else
		free(timer);
	return rc;
}

int bk_enable(const struct bk_enable *what, enum bk_enable_by by, char **where,
	      struct bk_err *err)
{
	switch (by) {
	case BK_ENABLE_SYSTEMD:
		return enable_timer(what, where, err);
	case BK_ENABLE_CRON:
		return write_cron(what, where, err);
	case BK_ENABLE_NOBODY:
		break;
	}
	return bk_fail(err, BK_MISUSE, "there is neither systemd nor cron");
}
