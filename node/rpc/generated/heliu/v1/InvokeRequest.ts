// Original file: proto/heliu/v1/transfer.proto

import type { Call as _heliu_v1_Call, Call__Output as _heliu_v1_Call__Output } from '../../heliu/v1/Call.ts';
import type { ConsumerSignature as _heliu_v1_ConsumerSignature, ConsumerSignature__Output as _heliu_v1_ConsumerSignature__Output } from '../../heliu/v1/ConsumerSignature.ts';

export interface InvokeRequest {
  'messageId'?: (string);
  'agreementId'?: (string);
  'purpose'?: (string);
  'inputs'?: (_heliu_v1_Call)[];
  'signatures'?: (_heliu_v1_ConsumerSignature)[];
  'consumerKeyId'?: (string);
  'flush'?: (boolean);
  'resend'?: (string)[];
  'missingFrom'?: (string);
  '_missingFrom'?: "missingFrom";
}

export interface InvokeRequest__Output {
  'messageId': (string);
  'agreementId': (string);
  'purpose': (string);
  'inputs': (_heliu_v1_Call__Output)[];
  'signatures': (_heliu_v1_ConsumerSignature__Output)[];
  'consumerKeyId': (string);
  'flush': (boolean);
  'resend': (string)[];
  'missingFrom'?: (string);
  '_missingFrom'?: "missingFrom";
}
