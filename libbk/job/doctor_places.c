/* Repositories, targets and servers: are they there, until when do their
 * certificates hold, what time do they think it is, and is there room? */

#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "base/cancel.h"
#include "base/clock.h"
#include "base/path.h"
#include "job/doctor_checks.h"
#include "job/resolve.h"
#include "job/server.h"
#include "job/target_test.h"
#include "net/cert.h"
#include "report/units.h"
#include "store/doveadm.h"
#include "target/spread_shape.h"
#include "target/target.h"

#define DAY_S      ((int64_t)86400)
#define SOON_DAYS  14
#define CLOCK_S    300 /* so much is no matter */
#define ROOM_BYTES ((uint64_t)1 << 30)
#define ROOM_FREE  20 /* a twentieth */

/* ---- TLS ---- */

static bool may_have_tls(const struct bk_url *url)
{
	static const char *const never[] = {"sftp", "smb",  "file",
					    "ftp",  "http", NULL};

	for (const char *const *scheme = never; *scheme; scheme++)
		if (strcmp(url->transport, *scheme) == 0)
			return false;
	return true;
}

static void tell_end(const struct bk_patient *patient, int64_t ends)
{
	char when[BK_CLOCK_TEXT];
	int64_t days = (ends - bk_clock_now()) / DAY_S;

	if (ends == INT64_MAX)
		bk_doctor_tell(patient, BK_FINDING_FINE, NULL,
			       "no certificate to look at");
	else if (days < SOON_DAYS)
		bk_doctor_tell(patient, BK_FINDING_WRONG,
			       "renew it on the server",
			       "its certificate ends in %jd days, on %.10s",
			       (intmax_t)days, bk_clock_format(when, ends));
	else
		bk_doctor_tell(patient, BK_FINDING_FINE, NULL,
			       "its certificate holds until %.10s",
			       bk_clock_format(when, ends));
}

static void check_tls(struct bk_doctor *doctor, const char *name,
		      const char *where, const struct bk_access *access)
{
	const struct bk_patient patient = {doctor, "tls", name};
	struct bk_url url = {0};
	struct bk_err err = {0};
	int64_t ends;

	if (bk_url_parse(&url, where, &err) == 0 && may_have_tls(&url)) {
		if (bk_cert_ends(&url, access, &ends, &err) == 0)
			tell_end(&patient, ends);
		else if (err.kind != BK_CANCELLED)
			bk_doctor_tell(&patient, BK_FINDING_WRONG,
				       "see whether it runs, and bk-url(7) of "
				       "ca and pin",
				       "%s", err.text);
	}
	bk_url_clear(&url);
}

/* ---- space ---- */

static void check_space(struct bk_doctor *doctor, const char *name,
			const char *path)
{
	const struct bk_patient patient = {doctor, "space", name};
	char free_text[BK_UNITS_TEXT], all_text[BK_UNITS_TEXT];
	struct bk_err why = {0};
	struct statvfs disk;

	if (bk_path_disk(path, &disk, &why) < 0)
		return;
	uint64_t room = (uint64_t)disk.f_bavail * disk.f_frsize;
	uint64_t all = (uint64_t)disk.f_blocks * disk.f_frsize;
	bool tight = room < ROOM_BYTES || room < all / ROOM_FREE;
	bool inodes = disk.f_files && disk.f_favail < disk.f_files / ROOM_FREE;
	(void)bk_units_size(free_text, room);
	(void)bk_units_size(all_text, all);
	if (tight)
		bk_doctor_tell(&patient, BK_FINDING_WRONG,
			       "keep less there (bk prune), or give it more",
			       "%s: %s free of %s", path, free_text, all_text);
	else if (inodes)
		bk_doctor_tell(&patient, BK_FINDING_WRONG,
			       "keep less there (bk prune)",
			       "%s: few inodes are free", path);
	else
		bk_doctor_tell(&patient, BK_FINDING_FINE, NULL,
			       "%s: %s free of %s", path, free_text, all_text);
}

/* ---- what is there ---- */

/* A file of the future shows that one of the two clocks is wrong. */
static void check_clock(struct bk_doctor *doctor, const char *name,
			const struct bk_blob_list *blobs)
{
	const struct bk_patient patient = {doctor, "clock", name};
	int64_t now = bk_clock_now(), newest = 0;

	for (size_t i = 0; i < blobs->n; i++)
		if (blobs->items[i].mtime > newest)
			newest = blobs->items[i].mtime;
	if (newest > now + CLOCK_S)
		bk_doctor_tell(&patient, BK_FINDING_WRONG,
			       "set the clock of this host or of that one "
			       "(NTP): schedules and retention go by it",
			       "its newest file is of %jd minutes from now",
			       (intmax_t)((newest - now) / 60));
	else if (newest)
		bk_doctor_tell(&patient, BK_FINDING_FINE, NULL,
			       "no file of the future");
}

static void check_target(struct bk_doctor *doctor, const char *name,
			 const struct bk_target_settings *which)
{
	const struct bk_patient patient = {doctor, "target", name};
	struct bk_reach reach = which->reach;
	struct bk_blob_list blobs = {0};
	struct bk_target *target = NULL;
	struct bk_target_trial found;
	struct bk_err err = {0};

	reach.direct = true;
	int rc = bk_target_open(&target, which->where, &reach, false, &err);
	if (rc == 0)
		rc = bk_target_list(target, "", &blobs, &err);
	bk_target_close(target);
	if (rc == 0)
		check_clock(doctor, name, &blobs);
	if (rc == 0 && doctor->writes)
		rc = bk_target_test(which, &found, &err);
	if (rc < 0 && err.kind != BK_CANCELLED)
		bk_doctor_tell(&patient, BK_FINDING_WRONG,
			       err.kind == BK_GONE ? "it is not there yet: bk "
						     "init makes a repository, "
						     "bk ship push a copy"
						   : "see bk-url(7)",
			       "%s", err.text);
	else if (rc == 0)
		bk_doctor_tell(&patient, BK_FINDING_FINE, NULL,
			       doctor->writes ? "written, read back, listed"
					      : "it answers");
	bk_blob_list_clear(&blobs);
}

static void check_place(struct bk_doctor *doctor, const char *name,
			const struct bk_target_settings *which)
{
	if (!bk_url_is(which->where))
		check_space(doctor, name, which->where);
	else if (!bk_spread_is(which->where))
		check_tls(doctor, name, which->where, &which->reach.access);
	check_target(doctor, name, which);
}

static void tell_why(struct bk_doctor *doctor, const char *name,
		     const struct bk_err *why)
{
	const struct bk_patient patient = {doctor, "configuration", name};

	if (why->kind != BK_CANCELLED)
		bk_doctor_tell(&patient, BK_FINDING_WRONG, "see bk.conf(5)",
			       "%s", why->text);
}

static void check_repo(struct bk_doctor *doctor, const char *section,
		       const char *name)
{
	struct bk_repo_settings repo = {0};
	struct bk_err err = {0};

	if (bk_settings_find_repo(doctor->settings, section, &repo, &err) < 0) {
		tell_why(doctor, name, &err);
		return;
	}
	const struct bk_target_settings which = {
		.name = section, .where = repo.where, .reach = repo.reach};
	check_place(doctor, name, &which);
}

static void check_copy(struct bk_doctor *doctor, const char *section,
		       const char *name)
{
	struct bk_target_settings which = {0};
	struct bk_err err = {0};

	if (bk_settings_target(doctor->settings, section, &which, &err) < 0)
		tell_why(doctor, name, &err);
	else
		check_place(doctor, name, &which);
}

/* As a program it is to open each account; who has none cannot be told. */
static int open_some_account(const struct bk_server_settings *server,
			     struct bk_err *err)
{
	struct bk_doveadm *doveadm = NULL;
	struct bk_names names = {0};

	int rc = bk_doveadm_open(&doveadm, server->doveadm,
				 &server->reach.access, err);
	if (rc == 0)
		rc = bk_doveadm_users(doveadm, &names, err);
	if (rc == 0 && names.n)
		rc = bk_doveadm_try(doveadm, names.items[0], err);
	bk_names_clear(&names);
	bk_doveadm_close(doveadm);
	return rc;
}

static void check_doveadm(struct bk_doctor *doctor, const char *name,
			  const struct bk_server_settings *server)
{
	const struct bk_patient patient = {doctor, "doveadm", name};
	struct bk_err err = {0};

	if (!server->doveadm || bk_url_is(server->doveadm))
		return;
	if (open_some_account(server, &err) == 0)
		bk_doctor_tell(&patient, BK_FINDING_FINE, NULL,
			       "its doveadm opens the accounts of this host");
	else if (err.kind != BK_CANCELLED)
		bk_doctor_tell(&patient, BK_FINDING_WRONG,
			       "run it as root on the host of the mail; "
			       "without it folders get new UIDs",
			       "%s", err.text);
}

static void check_server(struct bk_doctor *doctor, const char *section,
			 const char *name)
{
	struct bk_server_settings server = {0};
	struct bk_opt_list empty = {0};
	const struct bk_key_options none = {.items = &empty};
	struct bk_err err = {0};

	if (bk_settings_server(doctor->settings, section, &none, &server,
			       &err) < 0)
		tell_why(doctor, name, &err);
	else {
		check_tls(doctor, name, server.where, &server.reach.access);
		check_doveadm(doctor, name, &server);
	}
}

static void each(struct bk_doctor *doctor, const char *type,
		 void (*check)(struct bk_doctor *doctor, const char *section,
			       const char *name))
{
	const struct bk_conf *conf = &doctor->settings->conf;
	const struct bk_conf_section *s = NULL;

	while ((s = bk_conf_next(conf, type, s)) && !bk_cancel_wanted()) {
		char *name = bk_asprintf("%s %s", type, s->name);
		check(doctor, s->name, name);
		free(name);
	}
}

void bk_doctor_places(struct bk_doctor *doctor)
{
	check_space(doctor, "state", doctor->settings->state_dir);
	check_space(doctor, "cache", doctor->settings->cache_dir);
	each(doctor, "repo", check_repo);
	each(doctor, "target", check_copy);
	each(doctor, "server", check_server);
}
