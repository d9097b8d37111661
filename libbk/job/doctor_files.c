/* Who may read secrets, and who may write what root believes. */

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/argv.h"
#include "job/doctor_checks.h"

#define OTHERS (S_IRWXG | S_IRWXO)
#define WRITES (S_IWGRP | S_IWOTH)

/* 0, or -1: it cannot be looked at, and that was told. */
static int look(const struct bk_patient *patient, const char *path,
		struct stat *st)
{
	if (stat(path, st) == 0)
		return 0;
	struct bk_err why = {0};
	(void)bk_fail_errno(&why, "%s", path);
	bk_doctor_tell(patient, BK_FINDING_WRONG,
		       errno == ENOENT ? "put it there, or take the line out"
				       : "let this user read it",
		       "%s", why.text);
	return -1;
}

static void check_secret(const struct bk_patient *patient, const char *path)
{
	struct stat st;

	if (look(patient, path, &st) < 0)
		return;
	char *next = bk_asprintf("chmod 600 %s", path);
	if (st.st_mode & OTHERS)
		bk_doctor_tell(patient, BK_FINDING_WRONG, next,
			       "others may read %s (mode %03o)", path,
			       st.st_mode & 0777u);
	else if (access(path, R_OK) < 0)
		bk_doctor_tell(patient, BK_FINDING_WRONG,
			       "run bk as its owner, or give it to this user",
			       "%s belongs to another user", path);
	else
		bk_doctor_tell(patient, BK_FINDING_FINE, NULL,
			       "%s is for its owner alone", path);
	free(next);
}

/* What is run as us must not be somebody else's to write. */
static void check_writers(const struct bk_patient *patient, const char *path)
{
	struct stat st;

	if (look(patient, path, &st) < 0)
		return;
	char *next = bk_asprintf("chmod go-w %s", path);
	if (st.st_mode & WRITES)
		bk_doctor_tell(patient, BK_FINDING_WRONG, next,
			       "others may write %s (mode %03o), and bk "
			       "believes it",
			       path, st.st_mode & 0777u);
	else
		bk_doctor_tell(patient, BK_FINDING_FINE, NULL,
			       "%s is written by its owner alone", path);
	free(next);
}

static void check_command(const struct bk_patient *patient, const char *line)
{
	struct bk_argv words = {0};
	struct bk_err err = {0};

	if (bk_argv_split(&words, line, &err) == 0 && words.items[0][0] == '/')
		check_writers(patient, words.items[0]);
	bk_argv_clear(&words);
}

static const char *behind(const char *text, const char *prefix)
{
	size_t len = strlen(prefix);

	return strncmp(text, prefix, len) == 0 ? text + len : NULL;
}

/* "password", "doveadm-password", ... */
static bool ends_in(const char *key, const char *end)
{
	size_t len = strlen(key), tail = strlen(end);

	return len >= tail && strcmp(key + len - tail, end) == 0;
}

static void check_place_of_secret(const struct bk_patient *patient,
				  const char *value)
{
	const char *path = behind(value, "file:/");
	const char *key = behind(value, "keyblock:/");
	const char *command = behind(value, "command:");

	if (path)
		check_secret(patient, path - 1);
	else if (key)
		check_secret(patient, key - 1);
	else if (command)
		check_command(patient, command);
}

static void check_entry(const struct bk_patient *patient,
			const struct bk_conf_entry *entry)
{
	if (ends_in(entry->key, "password") || ends_in(entry->key, "token"))
		check_place_of_secret(patient, entry->value);
	else if (strcmp(entry->key, "ssh-key") == 0 ||
		 strcmp(entry->key, "client-key") == 0)
		check_secret(patient, entry->value);
	else if (strcmp(entry->key, "before") == 0 ||
		 strcmp(entry->key, "after") == 0)
		check_command(patient, entry->value);
}

void bk_doctor_files(struct bk_doctor *doctor)
{
	const struct bk_conf *conf = &doctor->settings->conf;
	const char *last = "";

	for (size_t i = 0; i < conf->n; i++) {
		const struct bk_conf_section *s = &conf->sections[i];
		char *where = bk_asprintf("%s:%u", s->file, s->line);
		struct bk_patient patient = {doctor, "permissions", where};
		if (strcmp(s->file, last) != 0)
			check_writers(&patient, s->file);
		last = s->file;
		for (size_t k = 0; k < s->n; k++) {
			free(where);
			where = bk_asprintf("%s:%u", s->entries[k].file,
					    s->entries[k].line);
			patient.where = where;
			check_entry(&patient, &s->entries[k]);
		}
		free(where);
	}
}
