/* What bash, zsh and fish are given: see bk_complete_script in complete.h.
 * Each file works alone, since shells load them one by one when needed. */

#include <string.h>

#include "base/complete.h"

/* clang-format off */

/*
 * bash replaces only what is behind the last of COMP_WORDBREAKS ('=', ':', '@'
 * among them): so the words are taken from the line, and what bash keeps is
 * cut off the answers.
 */
static const char bash_script[] =
"_bk_complete()\n"
"{\n"
"	local line=${COMP_LINE:0:COMP_POINT} typed full value kept word how\n"
"	# shellcheck disable=SC2162 # a backslash takes a blank along\n"
"	read -a typed <<<\"$line\"\n"
"	[[ $line == *[[:blank:]] ]] && typed+=(\"\")\n"
"	full=${typed[-1]}\n"
"	value=$full\n"
"	[[ $full == --*=* ]] && value=${full#*=}\n"
"	kept=${full%\"${full##*[\"$COMP_WORDBREAKS\"]}\"}\n"
"	COMPREPLY=()\n"
"	while IFS=$'\\t' read -r word _; do\n"
"		case $word in\n"
"		:files | :dirs)\n"
"			compopt -o filenames\n"
"			how=-f\n"
"			[[ $word == :dirs ]] && how=-d\n"
"			while read -r word; do\n"
"				word=${full%\"$value\"}$word\n"
"				COMPREPLY+=(\"${word#\"$kept\"}\")\n"
"			done < <(compgen \"$how\" -- \"$value\")\n"
"			;;\n"
"		\"$value\"*)\n"
"			word=${full%\"$value\"}$word\n"
"			COMPREPLY+=(\"${word#\"$kept\"}\")\n"
"			;;\n"
"		esac\n"
"	done < <(\"${typed[0]}\" --complete \"${typed[@]:1}\" 2>/dev/null)\n"
"	return 0\n"
"}\n"
"complete -F _bk_complete ";

static const char zsh_script[] =
"local line word\n"
"local -a found lines\n"
"lines=(\"${(@f)$($words[1] --complete \"${(@)words[2,CURRENT-1]}\" \"$PREFIX\" 2>/dev/null)}\")\n"
"compset -P '--[^=]#='\n"
"for line in $lines; do\n"
"	word=${line%%$'\\t'*}\n"
"	case $word in\n"
"	(:files) _files ;;\n"
"	(:dirs) _files -/ ;;\n"
"	(*)\n"
"		if [[ $line == *$'\\t'* ]]; then\n"
"			found+=(\"${word//:/\\\\:}:${line#*$'\\t'}\")\n"
"		else\n"
"			found+=(\"${word//:/\\\\:}\")\n"
"		fi\n"
"		;;\n"
"	esac\n"
"done\n"
"(( $#found )) && _describe -V 'word' found\n";

static const char fish_script[] =
"function __bk_complete\n"
"	set -l typed (commandline -opc) (commandline -ct)\n"
"	set -l before (string match -r '^--[^=]*=' -- $typed[-1])\n"
"	set -l value (string replace -r '^--[^=]*=' '' -- $typed[-1])\n"
"	for line in ($typed[1] --complete $typed[2..-1] 2>/dev/null)\n"
"		switch $line\n"
"			case :files\n"
"				string replace -r '^' -- \"$before\" (__fish_complete_path \"$value\")\n"
"			case :dirs\n"
"				string replace -r '^' -- \"$before\" (__fish_complete_directories \"$value\")\n"
"			case '*'\n"
"				printf '%s%s\\n' \"$before\" $line\n"
"		end\n"
"	end\n"
"end\n";
/* clang-format on */

int bk_complete_script(const char *tool, const char *shell, FILE *out,
		       struct bk_err *err)
{
	static const char made[] = "# made by: %s --print-completion=%s\n";

	if (strcmp(shell, "bash") == 0) {
		(void)fprintf(out, made, tool, shell);
		(void)fprintf(out, "%s%s\n", bash_script, tool);
	} else if (strcmp(shell, "zsh") == 0) {
		(void)fprintf(out, "#compdef %s\n", tool);
		(void)fprintf(out, made, tool, shell);
		(void)fputs(zsh_script, out);
	} else if (strcmp(shell, "fish") == 0) {
		(void)fprintf(out, made, tool, shell);
		(void)fprintf(out, "%scomplete -c %s -f -a '(__bk_complete)'\n",
			      fish_script, tool);
	} else {
		return bk_fail(err, BK_MISUSE, "'%s' is none of bash|zsh|fish",
			       shell);
	}
	return 0;
}
