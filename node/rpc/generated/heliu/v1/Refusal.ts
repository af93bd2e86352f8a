// Original file: proto/heliu/v1/transfer.proto

import type { Text as _heliu_v1_Text, Text__Output as _heliu_v1_Text__Output } from '../../heliu/v1/Text.ts';

export interface Refusal {
  'errorKind'?: (string);
  'code'?: (string);
  'rule'?: (string);
  'text'?: (_heliu_v1_Text | null);
}

export interface Refusal__Output {
  'errorKind': (string);
  'code': (string);
  'rule': (string);
  'text': (_heliu_v1_Text__Output | null);
}
