/*
 * What the machine allows, to see a backup's time beside it.
 *
 *	rawspeed names|stat|read TREE THREADS
 *	rawspeed copy FROM TO THREADS
 *	rawspeed rates TREE
 *
 * The first four do their work and print nothing: whoever runs them measures.
 */

#include <stdio.h>
#include <string.h>

#include "base/parse.h"
#include "limits/rates.h"
#include "limits/tree.h"

static int visit(enum tree_deed deed, const char *from, const char *to,
		 const char *threads, struct bk_err *err)
{
	uint64_t n;

	if (bk_parse_number(threads, TREE_THREADS_MAX, &n, err) < 0)
		return -1;
	return tree_visit(deed, from, to, n, err);
}

static int run(int n, char **word, struct bk_err *err)
{
	static const char *const deeds[] = {"names", "stat", "read"};

	if (n == 2 && strcmp(word[0], "rates") == 0)
		return rates_print(word[1], err);
	if (n == 4 && strcmp(word[0], "copy") == 0)
		return visit(TREE_COPY, word[1], word[2], word[3], err);
	for (size_t i = 0; n == 3 && i < sizeof(deeds) / sizeof(*deeds); i++)
		if (strcmp(word[0], deeds[i]) == 0)
			return visit((enum tree_deed)i, word[1], NULL, word[2],
				     err);
	return bk_fail(err, BK_MISUSE,
		       "names|stat|read TREE THREADS, copy FROM TO THREADS, "
		       "or rates TREE");
}

int main(int argc, char **argv)
{
	struct bk_err err = {0};

	if (run(argc - 1, argv + 1, &err) == 0)
		return 0;
	(void)fprintf(stderr, "rawspeed: %s\n", err.text);
	return err.kind == BK_MISUSE ? 2 : 1;
}
