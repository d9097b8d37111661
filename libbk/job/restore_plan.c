/* What is to be restored, and where it goes: see restore_plan.h. */

#include "job/restore_plan.h"

#include <stdlib.h>
#include <string.h>

#include "base/account_as.h"
#include "base/buf.h"
#include "base/parse.h"
#include "base/pattern.h"
#include "base/utf8.h"
#include "job/lookup.h"

#define DIGEST_LEAST 8 /* digits that may stand for a digest */

/* Digests are as long as identifiers, and written alike. */
_Static_assert(BK_DIGEST_LEN == BK_ID_LEN, "bk_id_begins");

void bk_restore_plan_clear(struct bk_restore_plan *plan)
{
	free(plan->items);
	bk_arena_clear(&plan->arena);
	*plan = (struct bk_restore_plan){0};
}

/* ---- which ---- */

typedef bool fits(const char *pattern, const char *name);

static bool takes(const struct bk_opt_list *patterns, fits *fit,
		  const char *name)
{
	for (size_t i = 0; i < patterns->n; i++)
		if (fit(patterns->items[i], name))
			return true;
	return patterns->n == 0;
}

static void add_item(struct bk_restore_plan *plan, size_t *cap,
		     const struct bk_set_account *account,
		     const struct bk_set_folder *folder)
{
	plan->items =
		bk_array_room(plan->items, plan->n, cap, sizeof(*plan->items));
	plan->items[plan->n++] = (struct bk_restore_item){
		.account = account,
		.folder = folder,
		.to_account = account->account.address,
		.to_folder = folder->folder.name,
	};
}

static int compare_items(const void *a, const void *b)
{
	const struct bk_restore_item *x = a, *y = b;

	if (x->account != y->account)
		return x->account < y->account ? -1 : 1;
	return (x->folder > y->folder) - (x->folder < y->folder);
}

static void choose_items(const struct bk_set *set,
			 const struct bk_restore_wish *wish,
			 struct bk_restore_plan *plan)
{
	size_t cap = 0;

	for (size_t i = 0; i < set->n_folders; i++) {
		const struct bk_set_folder *folder = &set->folders[i];
		const struct bk_set_account *account =
			bk_set_account_by_id(set, folder->account_id);
		if (takes(&wish->accounts, bk_pattern_account,
			  account->account.address) &&
		    takes(&wish->folders, bk_pattern_folder,
			  folder->folder.name))
			add_item(plan, &cap, account, folder);
	}
	if (plan->n)
		qsort(plan->items, plan->n, sizeof(*plan->items),
		      compare_items);
}

static bool is_in(const struct bk_set *set, const char *pattern)
{
	for (size_t i = 0; i < set->n_accounts; i++)
		if (bk_pattern_account(pattern,
				       set->accounts[i].account.address))
			return true;
	return false;
}

static bool has_folder(const struct bk_restore_plan *plan, const char *pattern)
{
	for (size_t i = 0; i < plan->n; i++)
		if (bk_pattern_folder(pattern,
				      plan->items[i].folder->folder.name))
			return true;
	return false;
}

/* The only account that patterns without wild cards can mean, or NULL. */
static const struct bk_set_account *one_account(
	const struct bk_set *set, const struct bk_restore_wish *wish)
{
	if (wish->accounts.n != 1)
		return NULL;
	return bk_lookup_account(set, wish->accounts.items[0]);
}

/* A name that fits nothing is a slip, even where another one fits. */
static int check_all_fit(const struct bk_set *set,
			 const struct bk_restore_wish *wish,
			 const struct bk_restore_plan *plan,
			 const char **missing, struct bk_err *err)
{
	for (size_t i = 0; i < wish->accounts.n; i++) {
		*missing = wish->accounts.items[i];
		if (!is_in(set, *missing))
			return bk_fail(err, BK_GONE, "no account '%s'",
				       *missing);
	}
	*missing = NULL;
	for (size_t i = 0; i < wish->folders.n; i++)
		if (!has_folder(plan, wish->folders.items[i]))
			return bk_lookup_no_folder(set, one_account(set, wish),
						   wish->folders.items[i], err);
	if (!plan->n)
		return bk_fail(err, BK_GONE, "the set has no folders at all");
	return 0;
}

/* ---- one message ---- */

static bool is_uid(const char *word, uint64_t *uid)
{
	struct bk_err ignored = {0};

	return bk_parse_number(word, UINT32_MAX, uid, &ignored) == 0 && *uid;
}

static bool names_row(const char *word, const struct bk_row *row)
{
	uint64_t uid = 0;

	if (*row->msg.name && strcmp(word, row->msg.name) == 0)
		return true;
	if (is_uid(word, &uid))
		return row->msg.uid == uid;
	return strlen(word) >= DIGEST_LEAST && bk_id_begins(row->digest, word);
}

bool bk_restore_wants(const struct bk_restore_wish *wish,
		      const struct bk_row *row, size_t *which)
{
	for (size_t i = 0; i < wish->messages.n; i++) {
		if (!names_row(wish->messages.items[i], row))
			continue;
		if (which)
			*which = i;
		return true;
	}
	return wish->messages.n == 0;
}

bool bk_restore_is_choosy(const struct bk_restore_wish *wish)
{
	return wish->messages.n || wish->deleted;
}

/* A UID means a message of one folder; another in another. */
static int check_uids(const struct bk_restore_wish *wish,
		      const struct bk_restore_plan *plan, struct bk_err *err)
{
	uint64_t uid = 0;

	for (size_t i = 0; i < wish->messages.n && plan->n > 1; i++)
		if (is_uid(wish->messages.items[i], &uid))
			return bk_fail(err, BK_MISUSE,
				       "--message %s: in which of %zu folders? "
				       "add --account and --folder",
				       wish->messages.items[i], plan->n);
	return 0;
}

/* ---- where to ---- */

static int check_folder_name(const char *name, struct bk_err *err)
{
	size_t len = strlen(name);

	if (!len || name[0] == '/' || name[len - 1] == '/' ||
	    strstr(name, "//"))
		return bk_fail(err, BK_MISUSE,
			       "--into '%s': write it as Restored or "
			       "Restored/2026",
			       name);
	if (!bk_utf8_valid(name, len))
		return bk_fail(err, BK_MISUSE, "--into '%s' is no UTF-8", name);
	return 0;
}

static void rename_items(const struct bk_restore_wish *wish,
			 struct bk_restore_plan *plan)
{
	for (size_t i = 0; i < plan->n; i++) {
		struct bk_restore_item *item = &plan->items[i];
		struct bk_buf name = {0};
		if (wish->as)
			item->to_account = bk_account_as(&plan->arena, wish->as,
							 item->to_account);
		if (!wish->into)
			continue;
		bk_buf_printf(&name, "%s/%s", wish->into, item->to_folder);
		item->to_folder =
			bk_arena_strdup(&plan->arena, bk_buf_text(&name));
		bk_buf_clear(&name);
	}
	plan->renamed = wish->as || wish->into;
}

static int compare_names(const void *a, const void *b)
{
	const struct bk_restore_item *const *x = a, *const *y = b;

	return strcmp((*x)->to_account, (*y)->to_account);
}

/* Two accounts in one would mix what belongs to two people. */
static int check_accounts(const struct bk_restore_plan *plan,
			  struct bk_err *err)
{
	const struct bk_restore_item **firsts =
		bk_alloc((plan->n + 1) * sizeof(void *));
	size_t n = 0;
	int rc = 0;

	for (size_t i = 0; i < plan->n; i++)
		if (!i || plan->items[i].account != plan->items[i - 1].account)
			firsts[n++] = &plan->items[i];
	if (n)
		qsort(firsts, n, sizeof(void *), compare_names);
	for (size_t i = 1; i < n && rc == 0; i++)
		if (compare_names(&firsts[i - 1], &firsts[i]) == 0)
			rc = bk_fail(err, BK_MISUSE,
				     "%s and %s would both become %s; choose "
				     "one by --account, or write --as with %%n",
				     firsts[i - 1]->account->account.address,
				     firsts[i]->account->account.address,
				     firsts[i]->to_account);
	free(firsts);
	return rc;
}

int bk_restore_plan_make(const struct bk_set *set,
			 const struct bk_restore_wish *wish,
			 struct bk_restore_plan *out, const char **missing,
			 struct bk_err *err)
{
	*missing = NULL;
	if (wish->into && check_folder_name(wish->into, err) < 0)
		return -1;
	if (wish->as && !*wish->as)
		return bk_fail(err, BK_MISUSE, "--as needs an address");
	if (wish->as && bk_account_as_check(wish->as, err) < 0)
		return bk_context(err, "--as");
	choose_items(set, wish, out);
	if (check_all_fit(set, wish, out, missing, err) < 0 ||
	    check_uids(wish, out, err) < 0)
		return -1;
	rename_items(wish, out);
	out->whole_accounts =
		!wish->folders.n && !wish->messages.n && !wish->into;
	return check_accounts(out, err);
}

/* Where all become one account, the others are none of its names. */
void bk_restore_plan_names(const struct bk_set *set,
			   const struct bk_restore_wish *wish,
			   struct bk_restore_plan *out)
{
	struct bk_restore_wish all = {.as = wish->as, .into = wish->into};

	if (wish->as && !strchr(wish->as, '%'))
		all.accounts = wish->accounts;
	choose_items(set, &all, out);
	rename_items(&all, out);
}

/* A copy elsewhere is a folder of its own: two with one GUID or one special
 * use would be mistaken for each other.  It is subscribed to, so that its
 * owner finds it. */
void bk_restore_item_describe(struct bk_folder *out,
			      const struct bk_restore_item *item, bool copy)
{
	*out = item->folder->folder;
	out->arena = (struct bk_arena){0};
	out->name = item->to_folder;
	if (!copy)
		return;
	out->raw = (struct bk_view){NULL, 0};
	out->has_guid = false;
	out->special_use = NULL;
	out->subscribed = true;
}
