"""Every prompt and persona as a Markdown file with YAML front matter; `tools.prompts` reads them."""
