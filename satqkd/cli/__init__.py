"""The command line: one file a command, each thin: parse, call one public function, print."""
