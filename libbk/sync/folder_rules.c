/* What the user said of folders: see folder_rules.h. */

#include "sync/folder_rules.h"

#include <string.h>
#include <strings.h>

#include "base/utf8.h"

size_t bk_folder_rule_length(const char *text)
{
	size_t len = strlen(text);

	return len && text[len - 1] == '/' ? len - 1 : len;
}

static int check_name(const char *name, size_t len, const char *what,
		      struct bk_err *err)
{
	if (!bk_utf8_valid(name, len))
		return bk_fail(err, BK_MISUSE, "%s is no UTF-8", what);
	for (size_t i = 0; i <= len; i++) {
		bool slash = i == len || name[i] == '/';
		if (slash && (i == 0 || name[i - 1] == '/'))
			return bk_fail(err, BK_MISUSE,
				       "%s '%s' is no name of a folder; write "
				       "it as Work or Work/2026",
				       what, name);
	}
	return 0;
}

static int check_rule(const struct bk_folder_rule *rule, struct bk_err *err)
{
	if (check_name(rule->from, bk_folder_rule_length(rule->from), "folder",
		       err) < 0)
		return -1;
	if (!*rule->to)
		return 0;
	return check_name(rule->to, bk_folder_rule_length(rule->to), "folder",
			  err);
}

int bk_folder_rules_check(const struct bk_folder_rules *rules,
			  struct bk_err *err)
{
	if (rules->into &&
	    check_name(rules->into, strlen(rules->into), "folder", err) < 0)
		return -1;
	for (size_t i = 0; i < rules->n; i++) {
		if (check_rule(&rules->items[i], err) < 0)
			return -1;
		for (size_t k = 0; k < i; k++)
			if (strcmp(rules->items[i].from,
				   rules->items[k].from) == 0)
				return bk_fail(err, BK_MISUSE,
					       "'%s' is mapped twice, to '%s' "
					       "and to '%s'",
					       rules->items[i].from,
					       rules->items[k].to,
					       rules->items[i].to);
	}
	return 0;
}

/* Does the rule mean this folder? */
static bool rule_fits(const struct bk_folder_rule *rule, const char *name)
{
	size_t len = bk_folder_rule_length(rule->from);
	bool tree = rule->from[len] == '/';
	bool inbox = len == 5 && strncasecmp(rule->from, "INBOX", 5) == 0;

	if (inbox ? strncasecmp(name, rule->from, len) != 0
		  : strncmp(name, rule->from, len) != 0)
		return false;
	return !name[len] || (tree && name[len] == '/');
}

const struct bk_folder_rule *bk_folder_rule_for(
	const struct bk_folder_rules *rules, const char *name)
{
	const struct bk_folder_rule *best = NULL;

	for (size_t i = 0; i < rules->n; i++) {
		const struct bk_folder_rule *rule = &rules->items[i];
		if (!rule_fits(rule, name))
			continue;
		size_t len = bk_folder_rule_length(rule->from);
		size_t old = best ? bk_folder_rule_length(best->from) : 0;
		if (!best || len > old || (len == old && !rule->from[len]))
			best = rule;
	}
	return best;
}
