/* What tells messages from others, without their bodies. */

#include <string.h>

#include "store/imapstore.h"

struct naming {
	struct bk_imapstore_session *session;
	const struct bk_folder *folder;
	struct bk_message *const *msgs;
	struct bk_identity *ids;
	struct bk_imapstore_wanted wanted;
};

static int take_header(void *arg, const struct bk_imap_row *row,
		       struct bk_err *err)
{
	const unsigned needed =
		BK_IMAP_SAID_DATE | BK_IMAP_SAID_SIZE | BK_IMAP_SAID_HEADER;
	struct naming *naming = arg;
	struct bk_identifier it;

	if ((row->said & needed) != needed)
		return 0;
	const struct bk_imapstore_want *want =
		bk_imapstore_wanted_take(&naming->wanted, row->uid);
	if (!want)
		return 0;
	size_t at = want->at;
	bk_identifier_init(&it, false);
	if (row->header.len &&
	    it.sink.write(&it.sink, row->header.data, row->header.len, err) < 0)
		return -1;
	bk_identifier_end(&it, &naming->ids[at]);
	naming->ids[at].wire_size = row->size;
	naming->msgs[at]->size = row->size;
	naming->msgs[at]->date = row->date;
	naming->msgs[at]->zone_minutes = row->zone_minutes;
	return 0;
}

/* What the server says that it cannot give is not identified; the rest is. */
static int ask_headers(struct naming *naming, const struct bk_uid_set *uids,
		       struct bk_err *err)
{
	const struct bk_imap_rows rows = {.row = take_header, .arg = naming};
	struct bk_buf text = {0};
	struct bk_err why = {0};

	bk_uid_set_format(uids, &text);
	int rc = bk_imap_fetch(naming->session->imap, bk_buf_text(&text),
			       BK_IMAP_SAID_UID | BK_IMAP_SAID_DATE |
				       BK_IMAP_SAID_SIZE | BK_IMAP_SAID_HEADER,
			       0, &rows, &why);
	bk_buf_clear(&text);
	if (rc == 0 || why.kind == BK_REFUSED)
		return 0;
	*err = why;
	return -1;
}

static int identify(struct bk_imapstore_session *session, void *arg,
		    struct bk_imapstore_want *one, struct bk_err *err)
{
	struct naming *naming = arg;
	struct bk_uid_set uids = {0};
	int rc;

	naming->session = session;
	naming->wanted.next = 0;
	rc = bk_imapstore_select(session, naming->folder->raw, true, true, err);
	if (one) {
		bk_uid_set_add(&uids, one->uid);
		rc = rc < 0 ? -1 : ask_headers(naming, &uids, err);
		if (rc == 0)
			(void)bk_imapstore_wanted_take(&naming->wanted,
						       one->uid);
	}
	while (!one && rc == 0 &&
	       bk_imapstore_wanted_uids(&naming->wanted, BK_IMAPSTORE_RANGES,
					&uids))
		rc = ask_headers(naming, &uids, err);
	bk_uid_set_clear(&uids);
	return rc;
}

static int stay_unknown(void *arg, size_t at, const struct bk_err *why,
			struct bk_err *err)
{
	(void)arg;
	(void)at;
	(void)why;
	(void)err;
	return 0;
}

/* NOLINTNEXTLINE(readability-function-size): the op's parameters */
int bk_imapstore_identify(struct bk_store *store,
			  const struct bk_account *account,
			  const struct bk_folder *folder,
			  struct bk_message *const *msgs, size_t n,
			  struct bk_identity *ids, struct bk_err *err)
{
	struct naming naming = {.folder = folder, .msgs = msgs, .ids = ids};
	struct bk_imapstore_errand errand = {
		.wanted = &naming.wanted,
		.ask = identify,
		.failed = stay_unknown,
		.arg = &naming,
		.mailbox = folder->raw,
	};

	if (bk_imapstore_check_folder(folder, err) < 0)
		return -1;
	for (size_t i = 0; i < n; i++)
		ids[i] = (struct bk_identity){.wire_size = UINT64_MAX};
	bk_imapstore_want(&naming.wanted, msgs, n);
	int rc = bk_imapstore_errand_run(bk_imapstore_of(store),
					 account->address, &errand, err);
	bk_imapstore_wanted_clear(&naming.wanted);
	return rc < 0 ? bk_context(err, "folder %s", folder->name) : 0;
}
