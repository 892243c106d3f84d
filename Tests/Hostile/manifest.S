/* The manifest of the module, made by the test: MANIFEST is a file. */
  .section .rodata
  .globl manifest, manifest_end
  .hidden manifest, manifest_end
manifest:
  .incbin MANIFEST
manifest_end:
  .byte 0
  .section .note.GNU-stack, "", %progbits
