/* Options beat the environment, the environment beats the file; and all of it
 * can be said without a file. */

#include "lib/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "job/settings.h"

static char path[] = "/tmp/bk-settings-XXXXXX";
static struct bk_common common;
static struct bk_settings settings;
static struct bk_err err;

static int load(const char *text)
{
	FILE *out = fopen(path, "w");

	assert_non_null(out);
	assert_true(fputs(text, out) >= 0);
	assert_int_equal(fclose(out), 0);
	bk_settings_clear(&settings);
	err = (struct bk_err){0};
	common.config = path;
	return bk_settings_load(&settings, &common, &err);
}

static void loaded(const char *text)
{
	if (load(text) < 0)
		fail_msg("%s", err.text);
}

/* The error begins with the file's name and goes on like this. */
static void refused(const char *text, const char *what)
{
	char *want = bk_asprintf("%s%s", path, what);

	assert_int_equal(load(text), -1);
	assert_int_equal(err.kind, BK_MISUSE);
	assert_string_equal(err.text, want);
	free(want);
}

static void fails_with(int rc, const char *text)
{
	assert_int_equal(rc, -1);
	assert_int_equal(err.kind, BK_MISUSE);
	assert_string_equal(err.text, text);
}

static const char full_text[] =
	"[repo main]\n"
	"path = /var/lib/bk/main\n"
	"password = file:/etc/bk/main.pass\n"
	"[store mail]\n"
	"type = maildir\n"
	"path = /var/vmail/%d/%n/Maildir\n"
	"[target nas]\n"
	"url = smb://backup@nas/bk/mx1\n"
	"password = file:/etc/bk/nas.pass\n"
	"keep = 30d\n"
	"[target offsite]\n"
	"url = ftpes://mx1@ftp.example.net/bk\n"
	"limit = 07:00-19:00 2M\n"
	"[job nightly]\n"
	"store = mail\n"
	"repo = main\n"
	"full = sat 22:00\n"
	"differential = mon-sat 06:30 12:30 19:00\n"
	"keep = 3d\n"
	"ship = nas offsite\n"
	"read-errors = 0.2%\n"
	"max-shrink = 25%\n"
	"exclude = spam@*\n"
	"[server mx1]\n"
	"url = imaps://mx1.example.org\n"
	"login = master:dovecot-admin\n"
	"password = file:/etc/bk/mx1.pass\n"
	"[notify]\n"
	"mail = admin@example.org\n"
	"via = smtp://localhost\n"
	"from = bk@mx1.example.org\n"
	"on = failure incomplete\n"
	"ping = https://hc.example.org/uuid\n";

static void a_job_is_read_from_its_section(void **state)
{
	struct bk_job_settings job;

	(void)state;
	loaded(full_text);
	assert_int_equal(bk_settings_job(&settings, "nightly", &job, &err), 0);
	assert_string_equal(job.name, "nightly");
	assert_string_equal(job.store.config.name, "mail");
	assert_string_equal(job.store.config.type, "maildir");
	assert_string_equal(job.store.config.path, "/var/vmail/%d/%n/Maildir");
	assert_string_equal(job.store.config.layout, "auto");
	assert_int_equal(job.store.uid_gap, 100000);
	assert_string_equal(job.repo.name, "main");
	assert_string_equal(job.repo.where, "/var/lib/bk/main");
	assert_string_equal(job.repo.password, "file:/etc/bk/main.pass");
	assert_int_equal(job.full.n, 1);
	assert_int_equal(job.differential.n, 3);
	assert_int_equal(job.keep.within_ms, 3 * 86400000);
	assert_int_equal(job.read_errors_ppm, 2000);
	assert_int_equal(job.max_shrink_ppm, 250000);
	assert_false(bk_filter_takes(&job.accounts, "spam@a.example"));
	assert_true(bk_filter_takes(&job.accounts, "ann@a.example"));
	bk_job_settings_clear(&job);
}

static void the_only_one_in_the_file_is_meant(void **state)
{
	struct bk_job_settings job;
	struct bk_store_settings store;
	struct bk_repo_settings repo;

	(void)state;
	loaded(full_text);
	assert_int_equal(bk_settings_job(&settings, NULL, &job, &err), 0);
	assert_string_equal(job.name, "nightly");
	bk_job_settings_clear(&job);
	assert_int_equal(bk_settings_store(&settings, NULL, &store, &err), 0);
	assert_string_equal(store.config.name, "mail");
	assert_int_equal(bk_settings_repo(&settings, &repo, &err), 0);
	assert_string_equal(repo.name, "main");
	/* A store's name makes a job up, with the usual limits. */
	assert_int_equal(bk_settings_job(&settings, "mail", &job, &err), 0);
	assert_string_equal(job.name, "mail");
	assert_string_equal(job.repo.name, "main");
	assert_int_equal(job.full.n, 0);
	assert_int_equal(job.read_errors_ppm, 1000);
	assert_int_equal(job.max_shrink_ppm, 300000);
	bk_job_settings_clear(&job);
}

static void several_are_listed(void **state)
{
	struct bk_repo_settings repo;
	struct bk_store_settings store;
	struct bk_job_settings job;

	(void)state;
	loaded("[repo a]\npath = /a\n[repo b]\npath = /b\n"
	       "[store x]\ntype = maildir\npath = /x\n"
	       "[store y]\ntype = maildir\npath = /y\n"
	       "[job j]\nstore = x\n[job k]\nstore = y\n");
	fails_with(bk_settings_repo(&settings, &repo, &err),
		   "which repo? name it by -r REPO, one of: a, b");
	fails_with(bk_settings_store(&settings, NULL, &store, &err),
		   "which store? name it, one of: x, y");
	fails_with(bk_settings_job(&settings, NULL, &job, &err),
		   "which job? name it, one of: j, k");
}

static void everything_works_without_a_file(void **state)
{
	struct bk_job_settings job;

	(void)state;
	loaded("");
	common.repo = "/srv/bk";
	common.password_from = "fd:3";
	common.slot = "admin";
	assert_int_equal(
		bk_settings_job(&settings, "maildir:/srv/mail/%u", &job, &err),
		0);
	assert_string_equal(job.name, "maildir:/srv/mail/%u");
	assert_string_equal(job.store.config.type, "maildir");
	assert_string_equal(job.store.config.path, "/srv/mail/%u");
	assert_string_equal(job.repo.where, "/srv/bk");
	assert_string_equal(job.repo.name, "/srv/bk");
	assert_string_equal(job.repo.password, "fd:3");
	assert_string_equal(job.repo.slot, "admin");
	bk_job_settings_clear(&job);
}

static void what_is_not_there_is_named(void **state)
{
	struct bk_repo_settings repo;
	struct bk_store_settings store;
	struct bk_job_settings job;
	char *want = NULL;

	(void)state;
	loaded(full_text);
	fails_with(bk_settings_store(&settings, "mial", &store, &err),
		   "no store 'mial'; did you mean 'mail'?");
	fails_with(bk_settings_job(&settings, "nigthly", &job, &err),
		   "no job or store 'nigthly'; did you mean 'nightly'?");
	fails_with(bk_settings_job(&settings, "/var/vmail/%u", &job, &err),
		   "'/var/vmail/%u' does not say what it is; write "
		   "maildir:/var/vmail/%u");
	fails_with(bk_settings_store(&settings, "maildir:", &store, &err),
		   "'maildir:' lacks a path");
	want = bk_asprintf(
		"no store 'x' in %s; without a section write "
		"maildir:/path/%%d/%%n/Maildir",
		path);
	fails_with(bk_settings_store(&settings, "x", &store, &err), want);
	free(want);
	common.repo = "mian";
	fails_with(bk_settings_repo(&settings, &repo, &err),
		   "no repository 'mian'; did you mean 'main'? (a folder "
		   "here: ./mian)");
	common.repo = "";
	fails_with(bk_settings_repo(&settings, &repo, &err),
		   "the name of the repository is empty");
	common.repo = NULL;
	loaded("");
	want = bk_asprintf(
		"which repo? name it by -r REPO; there is none in "
		"%s",
		path);
	fails_with(bk_settings_repo(&settings, &repo, &err), want);
	free(want);
}

static void options_beat_the_environment_beats_the_file(void **state)
{
	struct bk_repo_settings repo;

	(void)state;
	loaded("[repo a]\npath = /a\npassword = file:/a.pass\nslot = one\n"
	       "[repo b]\npath = /b\n"
	       "[repo c]\npath = file:///c\n");
	setenv("BK_REPO", "a", 1);
	assert_int_equal(bk_settings_repo(&settings, &repo, &err), 0);
	assert_string_equal(repo.where, "/a");
	assert_string_equal(repo.password, "file:/a.pass");
	assert_string_equal(repo.slot, "one");
	setenv("BK_PASSWORD_COMMAND", "pass show bk", 1);
	assert_int_equal(bk_settings_repo(&settings, &repo, &err), 0);
	assert_string_equal(repo.password, "command:pass show bk");
	common.repo = "c";
	common.password_from = "keyblock:/k";
	assert_int_equal(bk_settings_repo(&settings, &repo, &err), 0);
	assert_string_equal(repo.where, "/c");
	assert_string_equal(repo.password, "keyblock:/k");
	common.password_from = NULL;
	setenv("BK_PASSWORD_FILE", "/p", 1);
	fails_with(bk_settings_repo(&settings, &repo, &err),
		   "two of BK_PASSWORD_FILE, _COMMAND and _FD are set");
	setenv("BK_PASSWORD_COMMAND", "", 1);
	assert_int_equal(bk_settings_repo(&settings, &repo, &err), 0);
	assert_string_equal(repo.password, "file:/p");
}

static void a_job_yields_to_the_repository_on_the_command_line(void **state)
{
	struct bk_job_settings job;

	(void)state;
	loaded(full_text);
	common.repo = "/elsewhere";
	assert_int_equal(bk_settings_job(&settings, "nightly", &job, &err), 0);
	assert_string_equal(job.repo.where, "/elsewhere");
	/* The password of another repository is not tried on this one. */
	assert_string_equal(job.repo.password, "prompt");
	bk_job_settings_clear(&job);
}

static void without_input_a_password_must_be_named(void **state)
{
	struct bk_repo_settings repo;

	(void)state;
	loaded("[repo a]\npath = /a\n");
	assert_int_equal(bk_settings_repo(&settings, &repo, &err), 0);
	assert_string_equal(repo.password, "prompt");
	common.no_input = true;
	fails_with(bk_settings_repo(&settings, &repo, &err),
		   "no password for /a: use --password-from, "
		   "BK_PASSWORD_FILE, or password = in its section");
	common.password_from = "prompt";
	assert_int_equal(bk_settings_repo(&settings, &repo, &err), -1);
}

static void a_secret_is_refused_and_not_repeated(void **state)
{
	struct bk_repo_settings repo;

	(void)state;
	assert_int_equal(load("[repo a]\npassword = hunter2\n"), -1);
	assert_null(strstr(err.text, "hunter2"));
	assert_non_null(strstr(err.text,
			       ":2: password: say where the password "
			       "is, not the password itself"));
	assert_int_equal(load("[target a]\nurl = ftp://me:hunter2@h/x\n"), -1);
	assert_null(strstr(err.text, "hunter2"));
	assert_non_null(strstr(err.text, ":2: url: a URL with a password"));
	loaded("");
	common.repo = "sftp://me:hunter2@h/x";
	assert_int_equal(bk_settings_repo(&settings, &repo, &err), -1);
	assert_null(strstr(err.text, "hunter2"));
	common.repo = "/a";
	common.password_from = "hunter2";
	assert_int_equal(bk_settings_repo(&settings, &repo, &err), -1);
	assert_null(strstr(err.text, "hunter2"));
}

static void every_value_is_checked_when_it_is_loaded(void **state)
{
	(void)state;
	refused("[repo main]\npasword = file:/x\n",
		":2: unknown key 'pasword' in [repo main]; did you mean "
		"'password'?");
	refused("[repo main]\npath = main\n",
		":2: path: 'main' does not begin with '/'");
	refused("[store m]\ntype = maildri\n",
		":2: type: unknown 'maildri'; did you mean 'maildir'?");
	refused("[store m]\nlayout = maildir+\n",
		":2: layout: unknown 'maildir+'; did you mean 'maildir++'?");
	refused("[store m]\ntrees = /etc/dovecot etc/postfix\n",
		":2: trees: 'etc/postfix' does not begin with '/'");
	refused("[store m]\ntrees = /\n",
		":2: trees: '/' is all of this host; name folders");
	refused("[job j]\nfull = sat 25:00\n",
		":2: full: '25:00' in 'sat 25:00' is not understood; write "
		"times as sat 22:00 or mon-sat 06:30 12:30");
	refused("[job j]\nkeep = 3\n",
		":2: keep: '3' is not a rule of what to keep; write 30d, "
		"last:10, hourly:24, daily:14, weekly:8, monthly:12, yearly:5 "
		"or all");
	refused("[target t]\nurl = sftp://b@nas/t\nkeep = dayly:14 weekly:8\n",
		":3: keep: unknown rule 'dayly:14'; did you mean 'daily', as "
		"in daily:10?");
	refused("[job j]\nmax-shrink = 30\n",
		":2: max-shrink: '30' is not a percentage; write it as 30% or "
		"0.1%");
	refused("[server s]\nallow-cleartext = perhaps\n",
		":2: allow-cleartext: 'perhaps' is neither yes nor no");
	refused("[notfy]\non = failure\n",
		":1: unknown section [notfy]; did you mean [notify]?");
}

static void names_that_jobs_use_must_exist(void **state)
{
	(void)state;
	refused("[store mail]\ntype = maildir\n[job j]\nstore = mial\n",
		":4: store: there is no [store mial]; did you mean 'mail'?");
	refused("[job j]\nrepo = x\n", ":2: repo: there is no [repo x]");
	refused("[target nas]\nurl = s3:https://h/b\n[job j]\nship = nas off\n",
		":4: ship: there is no [target off]");
	loaded("[job j]\nstore = maildir:/x\nrepo = /y\n");
}

static void a_section_that_lacks_something_says_so_when_used(void **state)
{
	struct bk_store_settings store;
	struct bk_repo_settings repo;
	char *want = bk_asprintf("%s:1: [store m] has no path", path);

	(void)state;
	loaded("[store m]\ntype = maildir\n[repo r]\n");
	fails_with(bk_settings_store(&settings, "m", &store, &err), want);
	free(want);
	want = bk_asprintf("%s:3: [repo r] has no path and no target", path);
	fails_with(bk_settings_repo(&settings, &repo, &err), want);
	free(want);
}

/* An emptied list would otherwise choose everybody. */
static void an_empty_list_of_accounts_is_refused(void **state)
{
	struct bk_job_settings job;

	(void)state;
	loaded("[repo r]\npath = /r\n[store m]\ntype = maildir\npath = /m\n"
	       "[job j]\nstore = m\naccounts-file = /dev/null\n");
	assert_int_equal(bk_settings_job(&settings, "j", &job, &err), -1);
	assert_non_null(strstr(err.text, "/dev/null"));
}

static void directories_follow_the_environment(void **state)
{
	(void)state;
	setenv("STATE_DIRECTORY", "/s/one:/s/two", 1);
	setenv("CACHE_DIRECTORY", "/c", 1);
	loaded("");
	assert_string_equal(settings.state_dir, "/s/one");
	assert_string_equal(settings.cache_dir, "/c");
	setenv("BK_STATE_DIR", "/own", 1);
	loaded("");
	assert_string_equal(settings.state_dir, "/own");
	unsetenv("BK_STATE_DIR");
	unsetenv("STATE_DIRECTORY");
	unsetenv("CACHE_DIRECTORY");
	setenv("HOME", "/home/ann", 1);
	unsetenv("XDG_CACHE_HOME");
	loaded("");
	if (geteuid() == 0) {
		assert_string_equal(settings.state_dir, "/var/lib/bk");
		assert_string_equal(settings.cache_dir, "/var/cache/bk");
	} else {
		assert_string_equal(settings.cache_dir, "/home/ann/.cache/bk");
	}
}

static void jobs_are_bounded(void **state)
{
	(void)state;
	loaded("");
	assert_true(settings.jobs >= 1 && settings.jobs <= 16);
	setenv("BK_JOBS", "3", 1);
	loaded("");
	assert_int_equal(settings.jobs, 3);
	common.jobs = 5;
	loaded("");
	assert_int_equal(settings.jobs, 5);
	common.jobs = 0;
	setenv("BK_JOBS", "many", 1);
	assert_int_equal(load(""), -1);
	assert_string_equal(err.text, "BK_JOBS: 'many' is not a number");
}

static void a_file_that_was_named_must_be_there(void **state)
{
	(void)state;
	bk_settings_clear(&settings);
	common.config = "/nonexistent/bk.conf";
	assert_int_equal(bk_settings_load(&settings, &common, &err), -1);
	assert_int_equal(err.kind, BK_GONE);
	assert_string_equal(err.text,
			    "/nonexistent/bk.conf: No such file or "
			    "directory");
}

static int clean(void **state)
{
	static const char *const names[] = {
		"BK_REPO",        "BK_CONFIG",       "BK_PASSWORD_FILE",
		"BK_PASSWORD_FD", "BK_STATE_DIR",    "BK_PASSWORD_COMMAND",
		"BK_CACHE_DIR",   "STATE_DIRECTORY", "CACHE_DIRECTORY",
		"BK_JOBS"};

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		unsetenv(names[i]);
	common = (struct bk_common){0};
	err = (struct bk_err){0};
	return 0;
}

static int make_file(void **state)
{
	int fd = mkstemp(path);

	(void)state;
	return fd < 0 ? -1 : close(fd);
}

static int remove_file(void **state)
{
	(void)state;
	bk_settings_clear(&settings);
	return unlink(path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(a_job_is_read_from_its_section, clean),
		cmocka_unit_test_setup(the_only_one_in_the_file_is_meant,
				       clean),
		cmocka_unit_test_setup(several_are_listed, clean),
		cmocka_unit_test_setup(everything_works_without_a_file, clean),
		cmocka_unit_test_setup(what_is_not_there_is_named, clean),
		cmocka_unit_test_setup(
			options_beat_the_environment_beats_the_file, clean),
		cmocka_unit_test_setup(
			a_job_yields_to_the_repository_on_the_command_line,
			clean),
		cmocka_unit_test_setup(without_input_a_password_must_be_named,
				       clean),
		cmocka_unit_test_setup(a_secret_is_refused_and_not_repeated,
				       clean),
		cmocka_unit_test_setup(every_value_is_checked_when_it_is_loaded,
				       clean),
		cmocka_unit_test_setup(names_that_jobs_use_must_exist, clean),
		cmocka_unit_test_setup(
			a_section_that_lacks_something_says_so_when_used,
			clean),
		cmocka_unit_test_setup(an_empty_list_of_accounts_is_refused,
				       clean),
		cmocka_unit_test_setup(directories_follow_the_environment,
				       clean),
		cmocka_unit_test_setup(jobs_are_bounded, clean),
		cmocka_unit_test_setup(a_file_that_was_named_must_be_there,
				       clean),
	};

	return cmocka_run_group_tests(tests, make_file, remove_file);
}
