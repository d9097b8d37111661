/* The header of a letter: what servers and mail programs write. */

#include <stdio.h>
#include <string.h>

#include "corpus/letter.h"

/* text, then n random characters that stand for a signature or an id. */
static void add_random(struct letter *letter, struct bk_buf *out,
		       const char *text, size_t n, uint32_t letters)
{
	bk_buf_add(out, text, strlen(text));
	rng_letters(&letter->rng, out, n, letters);
}

static void write_received(struct letter *letter, struct bk_buf *out)
{
	const char *from = people_domain_of(&letter->from);
	uint32_t n[7];

	rng_fields(&letter->rng, n,
		   (const uint32_t[]){9, 9, 220, 255, 255, 255, 2}, 7);
	bk_buf_printf(out,
		      "Received: from out%u.%s (out%u.%s [%u.%u.%u.%u])\n"
		      "\t(using TLSv1.3 with cipher TLS_AES_256_GCM_SHA384 "
		      "(256/256 bits)\n\t key-exchange X25519 "
		      "server-signature RSA-PSS (2048 bits) "
		      "server-digest SHA256)\n"
		      "\t(No client certificate requested)\n"
		      "\tby mx%u.mailhost.example (Postfix) with ESMTPS id ",
		      1 + n[0], from, 1 + n[1], from, 1 + n[2], n[3], n[4],
		      n[5], 1 + n[6]);
	rng_letters(&letter->rng, out, 13, 62);
	bk_buf_printf(out, "; %s (CEST)\n", letter->date);
}

static void write_authentication(struct letter *letter, struct bk_buf *out)
{
	const char *from = people_domain_of(&letter->from);

	bk_buf_printf(out,
		      "Authentication-Results: mx.mailhost.example;\n"
		      "\tdkim=pass (2048-bit key; secure) header.d=%s "
		      "header.i=@%s header.a=rsa-sha256 header.s=sel%u "
		      "header.b=",
		      from, from, rng_below(&letter->rng, 5));
	rng_letters(&letter->rng, out, 8, 62);
	bk_buf_printf(out,
		      ";\n\tspf=pass smtp.mailfrom=%s;\n"
		      "\tdmarc=pass (policy=none) header.from=%s\n",
		      letter->from.address, from);
	bk_buf_printf(out,
		      "DKIM-Signature: v=1; a=rsa-sha256; "
		      "c=relaxed/relaxed; d=%s;\n\ts=sel%u; t=%jd; "
		      "h=from:from:reply-to:subject:subject:date:date:"
		      "message-id:message-id:\n\t to:to:cc:mime-version:"
		      "mime-version:content-type:content-type:\n"
		      "\t in-reply-to:in-reply-to:references:references; bh=",
		      from, rng_below(&letter->rng, 5), (intmax_t)letter->when);
	add_random(letter, out, "", 43, 64);
	add_random(letter, out, "=;\n\tb=", 68, 64);
	for (int i = 1; i < 5; i++)
		add_random(letter, out, "\n\t ", 68, 64);
	bk_buf_printf(out, "==\n");
}

/* Almost half of what comes from outside has been through a large provider,
 * whose headers are longer than many letters. */
static void write_provider(struct letter *letter, struct bk_buf *out)
{
	static const uint32_t limits[] = {9, 9,     9999,  9,     9, 9999,
					  0, 65536, 65536, 65536, 0, 65536};
	uint32_t n[COUNT_OF(limits)];

	add_random(letter, out,
		   "ARC-Seal: i=1; a=rsa-sha256; s=arcselector9901; "
		   "d=microsoft.com; cv=none; b=",
		   340, 64);
	add_random(letter, out,
		   "==\nARC-Message-Signature: i=1; a=rsa-sha256; "
		   "c=relaxed/relaxed; d=microsoft.com; s=arcselector9901; "
		   "h=From:Date:Subject:Message-ID:Content-Type:MIME-Version:"
		   "X-MS-Exchange-AntiSpam-MessageData-ChunkCount:"
		   "X-MS-Exchange-AntiSpam-MessageData-0:"
		   "X-MS-Exchange-AntiSpam-MessageData-1; bh=",
		   43, 64);
	add_random(letter, out, "=; b=", 342, 64);
	rng_fields(&letter->rng, n, limits, COUNT_OF(limits));
	bk_buf_printf(out,
		      "==\nx-ms-exchange-messagesentrepresentingtype: 1\n"
		      "x-ms-publictraffictype: Email\n"
		      "x-ms-traffictypediagnostic: "
		      "AM%uPR0%uMB%u:EE_|DB%uPR0%uMB%u:EE_\n"
		      "x-ms-office365-filtering-correlation-id: "
		      "%08x-%04x-%04x-%04x-%08x%04x\n"
		      "x-microsoft-antispam: BCL:0;\n"
		      "x-microsoft-antispam-message-info: ",
		      n[0], n[1], n[2], n[3], n[4], n[5], n[6], n[7], n[8],
		      n[9], n[10], n[11]);
	rng_letters(&letter->rng, out, 1100, 64);
	bk_buf_printf(out, "=\n");
}

static void write_submission(struct letter *letter, struct bk_buf *out)
{
	uint32_t host = letter->from_staff, net[2];

	rng_fields(&letter->rng, net, (const uint32_t[]){4, 4}, 2);
	bk_buf_printf(out,
		      "Received: from [10.1.%u.%u] (pc%03u.%s [10.1.%u.%u])\n"
		      "\tby submit.mailhost.example (Postfix) with ESMTPSA "
		      "id ",
		      net[0], host & 255, host,
		      staff_domains[letter->from.domain], net[1], host & 255);
	rng_letters(&letter->rng, out, 13, 62);
	bk_buf_printf(out, ";\n\t%s (CEST)\n", letter->date);
}

void letter_write_trace(struct letter *letter, struct office *office)
{
	struct bk_buf *out = &office->letter;

	switch (letter->kind) {
	case LETTER_INTERNAL:
	case LETTER_OUTBOUND:
		write_submission(letter, out);
		break;
	case LETTER_INBOUND:
	case LETTER_NEWSLETTER:
		write_received(letter, out);
		write_authentication(letter, out);
		if (!office->small && rng_chance(&letter->rng, .45))
			write_provider(letter, out);
		break;
	}
	letter->trace_end = out->len;
}

static void write_references(const struct letter *letter, struct bk_buf *out)
{
	const struct thread *thread = &letter->thread;
	uint32_t n = thread->n_references;

	if (!letter->is_reply || !n)
		return;
	bk_buf_printf(
		out, "In-Reply-To: %s\nReferences:", thread->references[n - 1]);
	for (uint32_t i = 0; i < n; i++)
		bk_buf_printf(out, "%s%s", i ? "\n " : " ",
			      thread->references[i]);
	bk_buf_add_u8(out, '\n');
}

static void write_addresses(const struct letter *letter,
			    const struct office *office, struct bk_buf *out)
{
	const char *mark = letter->markup == MARKUP_OUTLOOK ? "\"" : "";
	uint32_t shown = letter->n_to;

	if (shown > 2 && letter->kind != LETTER_INTERNAL)
		shown = 2;
	bk_buf_printf(out, "From: %s%s%s <%s>\nTo: ", mark, letter->from.name,
		      mark, letter->from.address);
	if (letter->kind == LETTER_OUTBOUND)
		bk_buf_printf(out, "%s <%s>", letter->outside.name,
			      letter->outside.address);
	for (uint32_t i = 0; i < shown; i++) {
		const struct person *to = &office->staff[letter->to[i]];
		bk_buf_printf(out, "%s%s <%s>", i ? ",\n\t" : "", to->name,
			      to->address);
	}
	bk_buf_add_u8(out, '\n');
}

static void write_program(struct letter *letter, struct bk_buf *out)
{
	if (letter->markup != MARKUP_OUTLOOK) {
		bk_buf_printf(out,
			      "User-Agent: Mozilla/5.0 (X11; Linux x86_64; "
			      "rv:102.0) Gecko/20100101\n"
			      " Thunderbird/102.%u.0\n"
			      "Content-Language: en-US\n",
			      rng_below(&letter->rng, 14));
		return;
	}
	bk_buf_printf(out, "Thread-Topic: %s\n", letter->thread.subject);
	add_random(letter, out, "Thread-Index: AQH", 28, 64);
	bk_buf_printf(out,
		      "==\nAccept-Language: de-DE, en-US\n"
		      "Content-Language: en-US\nX-MS-Has-Attach: %s\n"
		      "X-MS-TNEF-Correlator:\n"
		      "X-Mailer: Microsoft Outlook 16.0\n",
		      letter->thread.n_attachments ? "yes" : "");
}

void letter_write_header(struct letter *letter, struct office *office)
{
	struct bk_buf *out = &office->letter;

	write_references(letter, out);
	write_addresses(letter, office, out);
	bk_buf_printf(out, "Subject: %s%s\nDate: %s\nMessage-ID: %s\n",
		      !letter->is_reply    ? ""
		      : letter->is_forward ? "Fwd: "
					   : "Re: ",
		      letter->thread.subject, letter->date, letter->id);
	write_program(letter, out);
	bk_buf_printf(out, "MIME-Version: 1.0\n");
}
