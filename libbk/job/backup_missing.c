/* What was asked for and is not there: see backup_missing.h. */

#include "job/backup_missing.h"

#include <string.h>

#include "base/nearest.h"

/* Patterns of domains are kept as "@PATTERN". */
static bool fits(const char *pattern, const char *address)
{
	const char *at = strrchr(address, '@');

	if (*pattern != '@')
		return bk_pattern_account(pattern, address);
	return at && bk_pattern_account(pattern + 1, at + 1);
}

static bool fits_any(const char *pattern,
		     const struct bk_account_list *accounts)
{
	for (size_t i = 0; i < accounts->n; i++)
		if (fits(pattern, accounts->items[i].address))
			return true;
	return false;
}

void bk_missing_find(const struct bk_filter *only,
		     const struct bk_account_list *accounts,
		     struct bk_names *out)
{
	struct bk_buf domain = {0};

	for (size_t i = 0; i < only->include.n; i++)
		if (!fits_any(only->include.items[i], accounts))
			bk_names_add(out, only->include.items[i]);
	for (size_t i = 0; i < only->domains.n; i++) {
		domain.len = 0;
		bk_buf_printf(&domain, "@%s", only->domains.items[i]);
		if (!fits_any(bk_buf_text(&domain), accounts))
			bk_names_add(out, bk_buf_text(&domain));
	}
	bk_buf_clear(&domain);
}

static bool is_in(const struct bk_set *set, const char *pattern)
{
	for (size_t i = 0; set && i < set->n_accounts; i++)
		if (fits(pattern, set->accounts[i].account.address))
			return true;
	return false;
}

size_t bk_missing_report(const struct bk_names *missing,
			 const struct bk_set *base,
			 struct bk_progress *progress)
{
	size_t n = 0;

	for (size_t i = 0; i < missing->n; i++) {
		const char *name = missing->items[i];
		if (is_in(base, name))
			continue;
		bk_progress_item_error(
			progress,
			&(struct bk_item_error){
				.kind = BK_GONE,
				.account = name,
				.text = *name == '@' ? "no account of this "
						       "domain in the store"
						     : "no such account in "
						       "the store",
				.outcome = "not in this set",
			});
		n++;
	}
	return n;
}

int bk_missing_all(const struct bk_names *missing,
		   const struct bk_account_list *accounts, const char *where,
		   struct bk_err *err)
{
	struct bk_nearest near;

	if (!missing->n)
		return bk_fail(err, BK_GONE,
			       "%s: none of its %zu accounts is chosen. No set "
			       "written",
			       where, accounts->n);
	bk_nearest_init(&near, missing->items[0]);
	for (size_t i = 0; i < accounts->n; i++)
		bk_nearest_offer(&near, accounts->items[i].address);
	return bk_fail(err, BK_GONE,
		       "%s: '%s' is none of its %zu accounts%s%s. No set "
		       "written",
		       where, missing->items[0], accounts->n,
		       near.best ? "; nearest: " : "",
		       near.best ? near.best : "");
}
