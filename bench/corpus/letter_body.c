/* The body of a letter: text alone, or a MIME tree of text, HTML, logo and
 * attachments. */

#include <stdio.h>
#include <string.h>

#include "corpus/encode.h"
#include "corpus/letter.h"
#include "corpus/markup.h"

#define LOGO_SEED 1000
#define LINK      "href=\""

struct boundaries {
	char mixed[48], related[48], alternative[48];
};

static void choose_boundaries(struct rng *rng, struct boundaries *out)
{
	char *const texts[] = {out->mixed, out->related, out->alternative};

	for (unsigned i = 0; i < COUNT_OF(texts); i++) {
		uint32_t n[3];
		rng_fields(rng, n, (const uint32_t[]){65536, 0, 0}, 3);
		(void)snprintf(texts[i], sizeof(out->mixed),
			       "----=_NextPart_%03u_%04X_%08X.%08X", i, n[0],
			       n[1], n[2]);
	}
}

static void write_plain(const struct letter *letter, struct office *office)
{
	struct bk_buf *out = &office->letter;

	if (letter->markup == MARKUP_NONE) {
		bk_buf_printf(out,
			      "Content-Type: text/plain; charset=UTF-8\n"
			      "Content-Transfer-Encoding: 7bit\n\n");
		bk_buf_add(out, office->text.data, office->text.len);
		return;
	}
	bk_buf_printf(out,
		      "Content-Type: text/plain; charset=\"utf-8\"\n"
		      "Content-Transfer-Encoding: quoted-printable\n\n");
	encode_quoted(out, bk_buf_view(&office->text));
}

/* One of the real pages, with links of its own for every reader. */
static void write_page(struct letter *letter, struct office *office)
{
	const struct words *words = office->words;
	struct rng *rng = &letter->rng;
	struct bk_buf *out = &office->html;
	struct topic topic = {letter->thread.near, 200};
	const struct bk_buf *page =
		&words->pages[rng_below(rng, (uint32_t)words->n_pages)];
	const uint8_t *at = page->data, *end = page->data + page->len;
	const uint8_t *link;

	while ((link = memmem(at, (size_t)(end - at), LINK, strlen(LINK)))) {
		uint32_t n[3];
		link += strlen(LINK);
		bk_buf_add(out, at, (size_t)(link - at));
		rng_fields(rng, n, (const uint32_t[]){20, 0, 0}, 3);
		bk_buf_printf(out,
			      "https://click.news%u.example/ls?u=%08x%08x&l=",
			      n[0], n[1], n[2]);
		at = link;
	}
	bk_buf_add(out, at, (size_t)(end - at));
	bk_buf_printf(out, "\n<p>");
	words_walk(words, rng, topic, 1500, out);
	bk_buf_printf(out, "</p>\n");
}

static void write_html(struct letter *letter, struct office *office,
		       const char *boundary)
{
	struct bk_buf *out = &office->letter;
	uint32_t n[2];

	office->html.len = 0;
	if (letter->markup == MARKUP_NEWSLETTER && office->words->n_pages)
		write_page(letter, office);
	else
		markup_text(letter->markup == MARKUP_OUTLOOK ? &markup_outlook
							     : &markup_plain,
			    bk_buf_view(&office->text), &office->html);
	if (letter->has_logo) {
		rng_fields(&letter->rng, n, (const uint32_t[]){65536, 0}, 2);
		bk_buf_printf(&office->html,
			      "<img border=\"0\" width=\"180\" height=\"60\" "
			      "src=\"cid:image001.png@01D9%04X.%08X\">\n",
			      n[0], n[1]);
	}
	bk_buf_printf(out,
		      "\n--%s\nContent-Type: text/html; charset=\"utf-8\"\n"
		      "Content-Transfer-Encoding: quoted-printable\n\n",
		      boundary);
	encode_quoted(out, bk_buf_view(&office->html));
	bk_buf_printf(out, "\n--%s--\n\n", boundary);
}

static void write_logo(struct letter *letter, struct office *office,
		       const char *boundary)
{
	static const uint8_t png[] = {0x89, 'P',  'N',  'G',
				      '\r', '\n', 0x1a, '\n'};
	const struct attachment logo = {
		.seed = LOGO_SEED + letter->from.domain,
		.size = 6800 + letter->from.domain * 2100,
		.kind = ATTACHMENT_JPEG,
	};
	struct bk_buf *out = &office->letter;
	uint32_t n[2];

	rng_fields(&letter->rng, n, (const uint32_t[]){65536, 0}, 2);
	bk_buf_printf(out,
		      "--%s\nContent-Type: image/png; "
		      "name=\"image001.png\"\n"
		      "Content-Description: image001.png\n"
		      "Content-Disposition: inline; "
		      "filename=\"image001.png\"; size=%u\n"
		      "Content-ID: <image001.png@01D9%04X.%08X>\n"
		      "Content-Transfer-Encoding: base64\n\n",
		      boundary, logo.size, n[0], n[1]);
	attachment_write(&logo, office->words, &office->file);
	memcpy(office->file.data, png, sizeof(png));
	encode_base64(out, bk_buf_view(&office->file), 76);
	bk_buf_printf(out, "\n--%s--\n\n", boundary);
}

static void write_attachments(const struct letter *letter,
			      struct office *office, const char *boundary)
{
	struct bk_buf *out = &office->letter;

	for (uint32_t i = 0; i < letter->thread.n_attachments; i++) {
		const struct attachment *file = &letter->thread.attachments[i];
		bk_buf_printf(out,
			      "%s--%s\nContent-Type: %s;\n\tname=\"%s\"\n"
			      "Content-Transfer-Encoding: base64\n"
			      "Content-Disposition: attachment;\n"
			      "\tfilename=\"%s\"\n\n",
			      i ? "\n" : "", boundary, attachment_type(file),
			      file->name, file->name);
		attachment_write(file, office->words, &office->file);
		encode_base64(out, bk_buf_view(&office->file),
			      letter->base64_line);
	}
	bk_buf_printf(out, "\n--%s--\n", boundary);
}

static void begin_multipart(struct bk_buf *out, const char *subtype,
			    const char *boundary, const char *preamble)
{
	bk_buf_printf(out,
		      "Content-Type: multipart/%s;\n\tboundary=\"%s\"\n\n"
		      "%s--%s\n",
		      subtype, boundary, preamble, boundary);
}

void letter_write_body(struct letter *letter, struct office *office)
{
	bool has_html = letter->markup != MARKUP_NONE;
	bool has_files = letter->thread.n_attachments > 0;
	struct bk_buf *out = &office->letter;
	struct boundaries boundary;

	choose_boundaries(&letter->rng, &boundary);
	if (has_files)
		begin_multipart(out, "mixed", boundary.mixed,
				"This is a multi-part message in MIME "
				"format.\n\n");
	if (letter->has_logo)
		begin_multipart(out, "related", boundary.related, "");
	if (has_html)
		begin_multipart(out, "alternative", boundary.alternative, "");
	write_plain(letter, office);
	if (has_html)
		write_html(letter, office, boundary.alternative);
	if (letter->has_logo)
		write_logo(letter, office, boundary.related);
	if (has_files)
		write_attachments(letter, office, boundary.mixed);
}
