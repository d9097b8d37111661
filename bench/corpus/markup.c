/* Letters as HTML: see markup.h. */

#include "corpus/markup.h"

#include <stdbool.h>
#include <string.h>

/* What one of them puts before every letter. */
static const char outlook_start[] =
	"<html xmlns:v=\"urn:schemas-microsoft-com:vml\" "
	"xmlns:o=\"urn:schemas-microsoft-com:office:office\" "
	"xmlns:w=\"urn:schemas-microsoft-com:office:word\" "
	"xmlns:m=\"http://schemas.microsoft.com/office/2004/12/omml\" "
	"xmlns=\"http://www.w3.org/TR/REC-html40\">\n<head>\n"
	"<meta http-equiv=\"Content-Type\" "
	"content=\"text/html; charset=utf-8\">\n"
	"<meta name=\"Generator\" "
	"content=\"Microsoft Word 15 (filtered medium)\">\n"
	"<!--[if !mso]><style>v\\:* {behavior:url(#default#VML);}\n"
	"o\\:* {behavior:url(#default#VML);}\n"
	"w\\:* {behavior:url(#default#VML);}\n"
	".shape {behavior:url(#default#VML);}\n"
	"</style><![endif]--><style><!--\n/* Font Definitions */\n"
	"@font-face\n\t{font-family:\"Cambria Math\";\n"
	"\tpanose-1:2 4 5 3 5 4 6 3 2 4;}\n"
	"@font-face\n\t{font-family:Calibri;\n"
	"\tpanose-1:2 15 5 2 2 2 4 3 2 4;}\n/* Style Definitions */\n"
	"p.MsoNormal, li.MsoNormal, div.MsoNormal\n\t{margin:0cm;\n"
	"\tfont-size:11.0pt;\n\tfont-family:\"Calibri\",sans-serif;\n"
	"\tmso-ligatures:standardcontextual;\n"
	"\tmso-fareast-language:EN-US;}\n"
	"a:link, span.MsoHyperlink\n\t{mso-style-priority:99;\n"
	"\tcolor:#0563C1;\n\ttext-decoration:underline;}\n"
	"span.E-MailFormatvorlage17\n"
	"\t{mso-style-type:personal-compose;\n"
	"\tfont-family:\"Calibri\",sans-serif;\n\tcolor:windowtext;}\n"
	".MsoChpDefault\n\t{mso-style-type:export-only;\n"
	"\tmso-fareast-language:EN-US;}\n"
	"@page WordSection1\n\t{size:612.0pt 792.0pt;\n"
	"\tmargin:70.85pt 70.85pt 2.0cm 70.85pt;}\n"
	"div.WordSection1\n\t{page:WordSection1;}\n"
	"--></style><!--[if gte mso 9]><xml>\n"
	"<o:shapedefaults v:ext=\"edit\" spidmax=\"1026\" />\n"
	"</xml><![endif]--><!--[if gte mso 9]><xml>\n"
	"<o:shapelayout v:ext=\"edit\">\n"
	"<o:idmap v:ext=\"edit\" data=\"1\" />\n"
	"</o:shapelayout></xml><![endif]-->\n</head>\n"
	"<body lang=\"EN-US\" link=\"#0563C1\" vlink=\"#954F72\" "
	"style=\"word-wrap:break-word\">\n<div class=\"WordSection1\">\n";

const struct markup markup_outlook = {
	.start = outlook_start,
	.end = "</div>\n</body>\n</html>\n",
	.paragraph =
		"<p class=\"MsoNormal\"><span lang=\"EN-US\" "
		"style=\"mso-fareast-language:EN-US\">",
	.paragraph_end = "<o:p></o:p></span></p>\n",
	.between =
		"<p class=\"MsoNormal\"><span lang=\"EN-US\">"
		"<o:p>&nbsp;</o:p></span></p>\n",
};

const struct markup markup_plain = {
	.start = "<html>\n  <head>\n    <meta http-equiv=\"content-type\" "
		 "content=\"text/html; charset=UTF-8\">\n  </head>\n"
		 "  <body text=\"#000000\" bgcolor=\"#FFFFFF\">\n",
	.end = "  </body>\n</html>\n",
	.paragraph = "    <p>",
	.paragraph_end = "</p>\n",
	.between = "",
};

static void add(struct bk_buf *out, const char *text)
{
	bk_buf_add(out, text, strlen(text));
}

static void add_character(struct bk_buf *out, uint8_t c)
{
	switch (c) {
	case '<':
		add(out, "&lt;");
		break;
	case '>':
		add(out, "&gt;");
		break;
	case '&':
		add(out, "&amp;");
		break;
	default:
		bk_buf_add_u8(out, c);
	}
}

void markup_text(const struct markup *markup, struct bk_view text,
		 struct bk_buf *out)
{
	bool inside = false;

	add(out, markup->start);
	for (size_t i = 0; i < text.len; i++) {
		uint8_t c = text.data[i];
		bool ends = c == '\n' && i + 1 < text.len &&
			    text.data[i + 1] == '\n';
		if (!inside && c != '\n') {
			add(out, markup->paragraph);
			inside = true;
		}
		if (!inside)
			continue;
		if (!ends) {
			add_character(out, c);
			continue;
		}
		add(out, markup->paragraph_end);
		add(out, markup->between);
		inside = false;
	}
	if (inside)
		add(out, markup->paragraph_end);
	add(out, markup->end);
}
