/* May this user read the mail, and is there any? */

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cancel.h"
#include "job/doctor_checks.h"
#include "job/server_store.h"
#include "store/store.h"

#define READ_AS_ROOT "run bk as root, or as the user whose the mail is"

/* Accounts whose folder cannot be listed. */
static size_t unreadable(const struct bk_account_list *accounts,
			 const char **first)
{
	size_t n = 0;

	for (size_t i = 0; i < accounts->n; i++) {
		const char *root = accounts->items[i].root;
		if (access(root, R_OK | X_OK) == 0)
			continue;
		if (!n++)
			*first = accounts->items[i].address;
	}
	return n;
}

static void tell_accounts(const struct bk_patient *patient, bool local,
			  const struct bk_account_list *accounts)
{
	const char *first = NULL;
	size_t closed = local ? unreadable(accounts, &first) : 0;

	if (!accounts->n)
		bk_doctor_tell(patient, BK_FINDING_WRONG,
			       "look whether its path is right",
			       "there is no account");
	else if (closed)
		bk_doctor_tell(patient, BK_FINDING_WRONG, READ_AS_ROOT,
			       "%zu of %zu accounts cannot be read by this "
			       "user, the first is %s",
			       closed, accounts->n, first);
	else
		bk_doctor_tell(patient, BK_FINDING_FINE, NULL, "%zu account%s",
			       accounts->n, accounts->n == 1 ? "" : "s");
}

static void check_store(struct bk_doctor *doctor, const char *name)
{
	char *where = bk_asprintf("store %s", name);
	const struct bk_patient patient = {doctor, "users", where};
	struct bk_store_settings settings = {0};
	struct bk_server_store server = {0};
	struct bk_account_list accounts = {0};
	struct bk_store *store = NULL;
	struct bk_err err = {0};

	int rc = bk_settings_store(doctor->settings, name, &settings, &err);
	if (rc == 0)
		rc = bk_server_store_open(&server, &settings, &err);
	if (rc == 0)
		rc = bk_store_open(&store, &settings.config, &err);
	if (rc == 0)
		rc = store->ops->accounts(store, &accounts, &err);
	if (rc == 0)
		tell_accounts(&patient,
			      strcmp(settings.config.type, "maildir") == 0,
			      &accounts);
	else if (err.kind != BK_CANCELLED)
		bk_doctor_tell(&patient, BK_FINDING_WRONG,
			       err.kind == BK_DENIED && settings.config.path
				       ? READ_AS_ROOT
				       : "a backup of it would fail",
			       "%s", err.text);
	bk_account_list_clear(&accounts);
	bk_store_close(store);
	bk_server_store_close(&server);
	free(where);
}

void bk_doctor_stores(struct bk_doctor *doctor)
{
	const struct bk_conf *conf = &doctor->settings->conf;
	const struct bk_conf_section *s = NULL;

	while ((s = bk_conf_next(conf, "store", s)) && !bk_cancel_wanted())
		check_store(doctor, s->name);
}
