/* The folders of an account, as its server lists them. */

#include <stdlib.h>
#include <string.h>

#include "crypto/digest.h"
#include "store/imapstore.h"
#include "store/imapstore_rest.h"

/* A folder that cannot be opened says why; see store.h. */
int bk_imapstore_check_folder(const struct bk_folder *folder,
			      struct bk_err *err)
{
	if (!folder->driver)
		return 0;
	return bk_fail(err, BK_REFUSED, "folder %s: %s", folder->name,
		       (const char *)folder->driver);
}

/* MAILBOXID is any text (RFC 8474); sets keep 16 bytes. */
static void set_guid(struct bk_folder *folder, const char *mailbox_id)
{
	uint8_t digest[BK_SHA256_LEN];
	struct bk_sha256 sha;

	bk_sha256_init(&sha);
	bk_sha256_update(&sha, mailbox_id, strlen(mailbox_id));
	bk_sha256_final(&sha, digest);
	memcpy(folder->guid, digest, sizeof(folder->guid));
	folder->has_guid = true;
}

static void take_status(struct bk_folder *folder,
			const struct bk_imap_status *status)
{
	folder->uid_validity = status->uid_validity;
	folder->uid_next = status->uid_next;
	folder->highest_modseq = status->highest_modseq;
	folder->counted = status->known;
	folder->messages = status->messages;
	if (status->mailbox_id)
		set_guid(folder, status->mailbox_id);
}

static void describe(const struct bk_imapname_style *server,
		     const struct bk_imap_mailbox *mailbox,
		     struct bk_folder *folder)
{
	struct bk_imapname_style style = *server;
	struct bk_buf name = {0};

	style.delimiter = mailbox->delimiter;
	const char *why = bk_imapname_decode(&style, mailbox->name, &name);
	folder->name = bk_arena_strdup(&folder->arena, bk_buf_text(&name));
	bk_buf_clear(&name);
	folder->raw.len = mailbox->name.len;
	folder->raw.data = (const uint8_t *)bk_arena_strndup(
		&folder->arena, (const char *)mailbox->name.data,
		mailbox->name.len);
	folder->delimiter = mailbox->delimiter;
	folder->subscribed = mailbox->is & BK_IMAP_SUBSCRIBED;
	folder->no_select =
		mailbox->is & (BK_IMAP_NO_SELECT | BK_IMAP_NON_EXISTENT);
	if (mailbox->special_use)
		folder->special_use =
			bk_arena_strdup(&folder->arena, mailbox->special_use);
	take_status(folder, &mailbox->status);
	if (why)
		folder->driver = bk_arena_strdup(&folder->arena, why);
}

static int by_name(const void *left, const void *right)
{
	const struct bk_folder *a = left;
	const struct bk_folder *b = right;
	bool a_inbox = strcmp(a->name, "INBOX") == 0;
	bool b_inbox = strcmp(b->name, "INBOX") == 0;

	if (a_inbox != b_inbox)
		return a_inbox ? -1 : 1;
	int order = strcmp(a->name, b->name);
	return order ? order : (a->driver != NULL) - (b->driver != NULL);
}

static void sort(struct bk_folder_list *list)
{
	if (list->n)
		qsort(list->items, list->n, sizeof(*list->items), by_name);
}

/* Several spellings of one name (INBOX in two cases, two separators, one that
 * is shown as another is called): all but the first are refused, under names of
 * their own. */
static bool part_doubles(struct bk_folder_list *list)
{
	bool any = false;

	for (size_t i = 0, n; i < list->n; i += n) {
		const char *first = list->items[i].name;
		for (n = 1; i + n < list->n; n++) {
			struct bk_folder *folder = &list->items[i + n];
			if (strcmp(folder->name, first) != 0)
				break;
			char *name = bk_asprintf("%s~%zu", first, n);
			folder->name = bk_arena_strdup(&folder->arena, name);
			folder->driver = bk_arena_strdup(
				&folder->arena,
				"another folder has the same name");
			free(name);
			any = true;
		}
	}
	return any;
}

static void take_list(const struct bk_imapname_style *style,
		      const struct bk_imap_mailbox_list *list,
		      struct bk_folder_list *out)
{
	for (size_t i = 0; i < list->n; i++)
		describe(style, &list->items[i], bk_folder_list_add(out));
	sort(out);
	while (part_doubles(out))
		sort(out);
}

static int list_folders(struct bk_imapstore_session *session, void *arg,
			struct bk_err *err)
{
	struct bk_imapname_style style = bk_imapstore_style(session);
	struct bk_imap_mailbox_list list = {0};

	bk_folder_list_clear(arg);
	session->mailbox.len = 0;
	int rc = bk_imap_list(session->imap, true, false, &list, err);
	if (rc == 0)
		take_list(&style, &list, arg);
	if (rc == 0 && bk_imap_can(session->imap, BK_IMAP_GMAIL) &&
	    !session->owner->server->views)
		bk_imapstore_rest_mark(arg);
	bk_imap_mailbox_list_clear(&list);
	return rc;
}

int bk_imapstore_folders(struct bk_store *store,
			 const struct bk_account *account,
			 struct bk_folder_list *out, struct bk_err *err)
{
	const struct bk_imapstore_act act = {.run = list_folders, .arg = out};

	return bk_imapstore_run(bk_imapstore_of(store), account->address, &act,
				err);
}
