// SPDX-License-Identifier: GPL-2.0
/*
 * html.c: the page: one file, no script, nothing fetched; readable on a phone, in the dark and on
 * paper.
 */
#include "report.h"

#include <string.h>

static const char style[] =
	":root{--fg:#1b1f24;--bg:#fff;--soft:#f3f5f7;--line:#d5dae0;--dim:#5b6570;--a:#2563c9;--b:#"
	"e08a1e;"
	"--c:#2c9c6a;--d:#9b59b6;--bad:#c62828;--good:#1d7f45}"
	"@media "
	"(prefers-color-scheme:dark){:root{--fg:#e4e8ec;--bg:#14181d;--soft:#1e242b;--line:#364049;"
	"--dim:#9aa6b2;--a:#6ea8ff;--b:#f0ab4e;--c:#5cc795;--d:#c58be0;--bad:#ff7b72;--good:#"
	"5cc795}}"
	"*{box-sizing:border-box}body{margin:0 auto;padding:1rem;max-width:70rem;color:var(--fg);"
	"background:var(--bg);font:16px/1.45 system-ui,sans-serif}"
	"h1{font-size:1.6rem;margin:.2rem 0}h2{font-size:1.2rem;margin:0 0 .5rem}"
	"section{border-top:1px solid var(--line);padding:1rem 0}p{margin:.3rem "
	"0}.dim{color:var(--dim);"
	"font-size:.85rem}nav a{margin-right:.8rem;color:var(--a);white-space:nowrap}"
	".tiles{display:flex;flex-wrap:wrap;gap:.6rem;margin:1rem 0}.tile{background:var(--soft);"
	"border-radius:.5rem;padding:.5rem .9rem;min-width:8rem}.tile "
	"b{display:block;font-size:1.4rem}"
	".good b{color:var(--good)}.bad b{color:var(--bad)}"
	".wide{overflow-x:auto}table{border-collapse:collapse;font-size:.9rem;width:100%}"
	"th,td{text-align:left;padding:.2rem .6rem .2rem 0;border-bottom:1px solid var(--line);"
	"vertical-align:top}td.n{text-align:right;font-variant-numeric:tabular-nums;white-space:"
	"nowrap}"
	"td.bar{width:9rem;min-width:6rem}code,pre{font:13px/1.4 ui-monospace,monospace}"
	"pre{background:var(--soft);padding:.6rem;overflow-x:auto;border-radius:.4rem}"
	"svg{max-width:100%;height:auto;display:block}svg text{fill:var(--fg);font:11px system-ui,"
	"sans-serif}details{margin:.5rem 0}summary{cursor:pointer;color:var(--a)}"
	".key{display:inline-block;width:.8rem;height:.8rem;border-radius:.15rem;margin:0 .3rem 0 "
	".9rem;"
	"vertical-align:-.1rem}"
	"@media "
	"print{body{max-width:none;font-size:11px;color:#000;background:#fff}nav{display:none}"
	"section{break-inside:avoid-page}.wide{overflow:visible}details:not([open])>:not(summary)"
	"{display:none}}"
	"@media (max-width:40rem){body{padding:.6rem}td.bar{display:none}}";

void html_text(FILE *out, const char *text)
{
	for (; *text; text++) {
		if (*text == '<')
			fputs("&lt;", out);
		else if (*text == '>')
			fputs("&gt;", out);
		else if (*text == '&')
			fputs("&amp;", out);
		else if (*text == '"')
			fputs("&quot;", out);
		else
			fputc(*text, out);
	}
}

static void when(FILE *out, time_t made)
{
	char text[32];
	struct tm tm;

	if (localtime_r(&made, &tm) && strftime(text, sizeof(text), "%Y-%m-%d %H:%M", &tm))
		fputs(text, out);
}

void html_begin(const struct report *report)
{
	static const char *const parts[][2] = {
		{"tests", "tests"},	  {"run", "a run"},	    {"faults", "faults"},
		{"rtl", "RTL in cycles"}, {"e2e", "end to end"},    {"migrate", "migration"},
		{"proofs", "proofs"},	  {"coverage", "coverage"}, {"synth", "synthesis"}};
	FILE *out = report->out;

	fprintf(out,
		"<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">"
		"<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">"
		"<title>dmmu report</title><style>%s</style></head><body>\n<h1>dmmu</h1>\n"
		"<p class=\"dim\">version ",
		style);
	html_text(out, report->name);
	fputs(", report of ", out);
	when(out, time(NULL));
	fputs(". Each part says when what it shows was run.</p>\n<nav>", out);
	for (size_t i = 0; i < sizeof(parts) / sizeof(*parts); i++)
		fprintf(out, "<a href=\"#%s\">%s</a>", parts[i][0], parts[i][1]);
	fputs("</nav>\n", out);
}

void html_end(const struct report *report)
{
	fputs("</body></html>\n", report->out);
}

void section_begin(const struct report *report, const char *id, const char *title, time_t made)
{
	fprintf(report->out, "<section id=\"%s\"><h2>", id);
	html_text(report->out, title);
	fputs("</h2>\n", report->out);
	if (made) {
		fputs("<p class=\"dim\">run at ", report->out);
		when(report->out, made);
		fputs("</p>\n", report->out);
	}
}

void section_end(const struct report *report)
{
	fputs("</section>\n", report->out);
}

void missing(const struct report *report, const char *id, const char *title, const char *command)
{
	section_begin(report, id, title, 0);
	fputs("<p>Not run here so far: <code>", report->out);
	html_text(report->out, command);
	fputs("</code></p>\n", report->out);
	section_end(report);
}

void tile(const struct report *report, const char *value, const char *label, const char *kind)
{
	fprintf(report->out, "<div class=\"tile %s\"><b>", kind);
	html_text(report->out, value);
	fputs("</b>", report->out);
	html_text(report->out, label);
	fputs("</div>\n", report->out);
}
