// Original file: proto/heliu/v1/transfer.proto

import type { CallAnswer as _heliu_v1_CallAnswer, CallAnswer__Output as _heliu_v1_CallAnswer__Output } from '../../heliu/v1/CallAnswer.ts';
import type { Window as _heliu_v1_Window, Window__Output as _heliu_v1_Window__Output } from '../../heliu/v1/Window.ts';
import type { OfferedReceipt as _heliu_v1_OfferedReceipt, OfferedReceipt__Output as _heliu_v1_OfferedReceipt__Output } from '../../heliu/v1/OfferedReceipt.ts';

export interface InvokeAnswer {
  'answers'?: (_heliu_v1_CallAnswer)[];
  'windows'?: (_heliu_v1_Window)[];
  'receipts'?: (_heliu_v1_OfferedReceipt)[];
  'open'?: (boolean);
}

export interface InvokeAnswer__Output {
  'answers': (_heliu_v1_CallAnswer__Output)[];
  'windows': (_heliu_v1_Window__Output)[];
  'receipts': (_heliu_v1_OfferedReceipt__Output)[];
  'open': (boolean);
}
