/*
 * What only a server's administrator may do, who is no account: on Cyrus, who
 * acts for all accounts as SASL's authorisation identity, logged in as himself.
 */

#include <string.h>

#include "base/cancel.h"
#include "store/imapstore.h"

void bk_imapstore_admin_close(struct bk_imapstore *imapstore)
{
	bk_imapstore_close_session(imapstore->admin);
	imapstore->admin = NULL;
}

static int run_once(struct bk_imapstore *imapstore,
		    const struct bk_imapstore_act *act, struct bk_err *err)
{
	if (!imapstore->admin)
		imapstore->admin = bk_imapstore_open_admin(imapstore, err);
	if (!imapstore->admin)
		return -1;
	int rc = act->run(imapstore->admin, act->arg, err);
	if (rc < 0 && (err->kind == BK_LOST || err->kind == BK_CANCELLED ||
		       err->kind == BK_CORRUPT))
		bk_imapstore_admin_close(imapstore);
	return rc;
}

int bk_imapstore_run_admin(struct bk_imapstore *imapstore,
			   const struct bk_imapstore_act *act,
			   struct bk_err *err)
{
	const char *login = imapstore->server->login;
	struct bk_err why = {0};

	if (!login || strncmp(login, "proxy:", 6) != 0)
		return bk_fail(err, BK_REFUSED,
			       "the login is no administrator's (login = "
			       "proxy:NAME)");
	(void)pthread_mutex_lock(&imapstore->admin_lock);
	int rc = run_once(imapstore, act, &why);
	if (rc < 0 && why.kind == BK_LOST && !act->once)
		rc = run_once(imapstore, act, &why);
	(void)pthread_mutex_unlock(&imapstore->admin_lock);
	if (rc < 0)
		*err = why;
	return rc;
}

/* What parts levels may stand in an address: a Cyrus whose levels are parted by
 * dots writes '^' for it. */
static void add_escaped(struct bk_buf *out, const char *text, size_t n,
			char delimiter)
{
	for (size_t i = 0; i < n; i++)
		bk_buf_add_u8(out, text[i] == delimiter && delimiter == '.'
					   ? '^'
					   : (uint8_t)text[i]);
}

int bk_imapstore_admin_name(const struct bk_imapstore_session *admin,
			    const char *address, const char *folder,
			    struct bk_buf *out, struct bk_err *err)
{
	char delimiter = bk_imap_delimiter(admin->imap);
	const struct bk_imapname_style style = {
		.delimiter = delimiter,
		.utf8 = bk_imap_is_utf8(admin->imap),
	};
	const char *domain = strrchr(address, '@');
	size_t local = domain ? (size_t)(domain - address) : strlen(address);

	bk_buf_printf(out, "user%c", delimiter ? delimiter : '/');
	add_escaped(out, address, local, delimiter);
	if (strcmp(folder, "INBOX") != 0) {
		bk_buf_add_u8(out, (uint8_t)(delimiter ? delimiter : '/'));
		if (bk_imapname_encode(&style, folder, out, err) < 0)
			return -1;
	}
	if (domain)
		bk_buf_printf(out, "%s", domain);
	return 0;
}
