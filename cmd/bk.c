/* bk NAME is bk-NAME; bk alone lists the tools. */

#include <stdio.h>
#include <string.h>

#include "base/nearest.h"
#include "job/exec.h"
#include "job/tool.h"

static const struct {
	const char *name, *purpose;
} tools[] = {
	{"init",    "makes a repository and its first key slot"                 },
	{"doctor",  "looks for what will keep backups from being made"          },
	{"backup",  "writes a set of a mail store"                              },
	{"list",    "shows sets, and the accounts, folders and messages in them"},
	{"restore", "brings back everything, an account, a folder, a message"   },
	{"check",   "proves that a repository is whole"                         },
	{"ship",    "copies sets to other places and back"                      },
	{"prune",   "takes old sets away, here and at every target"             },
	{"move",    "moves mailboxes from one server or store to another"       },
	{"key",     "lists, adds, removes and changes passwords and keys"       },
};

#define N_TOOLS (sizeof(tools) / sizeof(*tools))

static void list_tools(void)
{
	(void)printf("usage: bk TOOL [ARGUMENT...]\n\n");
	for (size_t i = 0; i < N_TOOLS; i++)
		(void)printf("  %-10s%s\n", tools[i].name, tools[i].purpose);
	(void)printf(
		"\nbk TOOL --help tells more; so do the manual pages, "
		"from bk(1) on.\n");
}

static int unknown_tool(const char *name, struct bk_err *err)
{
	struct bk_nearest near;

	bk_nearest_init(&near, name);
	for (size_t i = 0; i < N_TOOLS; i++)
		bk_nearest_offer(&near, tools[i].name);
	if (near.best)
		return bk_fail(err, BK_MISUSE,
			       "there is no tool '%s'; did you mean '%s'?",
			       name, near.best);
	return bk_fail(err, BK_MISUSE,
		       "there is no tool '%s'; bk alone lists them", name);
}

/* Operands of bk itself never get here: a tool's name comes first and takes
 * the rest along, options included. */
static int run(struct bk_call *call, struct bk_err *err)
{
	(void)call;
	(void)err;
	list_tools();
	return 0;
}

static int become_tool(const char *name, char **argv)
{
	struct bk_outcome outcome = {0};
	struct bk_err err = {0};

	(void)bk_exec_tool(name, argv, &err);
	if (err.kind == BK_GONE)
		(void)unknown_tool(name, &err);
	return (int)bk_tool_failed("bk", &outcome, &err);
}

/* `bk --complete TOOL WORD...`: the tool answers. */
static int complete(int argc, char **argv)
{
	static char flag[] = "--complete";

	if (argc > 3 && strcmp(argv[2], "help") != 0) {
		char *name = argv[2];
		argv[2] = flag;
		return become_tool(name, argv + 1);
	}
	for (size_t i = 0; i < N_TOOLS; i++)
		(void)printf("%s\t%s\n", tools[i].name, tools[i].purpose);
	return 0;
}

/* `bk help` and `bk help TOOL`. */
static int help(int argc, char **argv)
{
	static char flag[] = "--help";
	char *name = argc > 2 ? argv[2] : NULL;

	if (!name) {
		list_tools();
		return 0;
	}
	argv[2] = flag;
	argv[3] = NULL;
	return become_tool(name, argv + 1);
}

/* `bk -r REPO list`: the name of the tool comes first. */
static const char *tool_behind_options(int argc, char **argv)
{
	for (int i = 2; i < argc && argv[1][0] == '-'; i++)
		for (size_t k = 0; k < N_TOOLS; k++)
			if (strcmp(argv[i], tools[k].name) == 0)
				return tools[k].name;
	return NULL;
}

static int wrong_order(const char *name)
{
	struct bk_outcome outcome = {0};
	struct bk_err err = {0};

	(void)bk_fail(&err, BK_MISUSE,
		      "the tool's name comes first, and its options behind "
		      "it: bk %s OPTION...",
		      name);
	return (int)bk_tool_failed("bk", &outcome, &err);
}

int main(int argc, char **argv)
{
	static const char *const usage[] = {"TOOL [ARGUMENT...]", NULL};
	static const char *const see_also[] = {"bk(1)", "bk.conf(5)",
					       "bk-exit(7)", NULL};
	static const struct bk_tool tool = {
		.name = "bk",
		.purpose = "is a backup toolkit for mail servers",
		.usage = usage,
		.see_also = see_also,
	};

	if (argc > 1 && strcmp(argv[1], "--complete") == 0)
		return complete(argc, argv);
	if (argc > 1 && strcmp(argv[1], "help") == 0)
		return help(argc, argv);
	if (argc > 2 &&
	    (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0))
		return help(argc, argv);
	if (argc > 1 && argv[1][0] != '-')
		return become_tool(argv[1], argv + 1);
	if (argc > 2 && tool_behind_options(argc, argv))
		return wrong_order(tool_behind_options(argc, argv));
	return bk_tool_main(&tool, run, NULL, argc, argv);
}
